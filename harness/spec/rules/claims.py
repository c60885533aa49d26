"""The rules for claims: what is measured, where it is printed, references between claims."""

from __future__ import annotations

from harness.spec.rules.rule import ATTACKS, MODELS, PAPER, TABLE, Example, Replacement, Rule

LINEAR = 'linear: {label: Linear classifier, model: linear, printed: ["4.5", {}, {}]}'
ROWS = f'  {LINEAR}\n  network: {{label: Network with 32 hidden units, model: network, printed: ["2.0", {{}}, {{}}]}}'
SECONDARY = ROWS.replace("model: network,", "model: network, primary: false,")

NEEDS_ATTACK = Rule(
    "needs-attack",
    "a metric, or a key such as crafted_on, limit or picture, needs an attack, but the claim has none",
    "Distortion and success rate are properties of an attack; for clean images they are undefined.",
    "Add 'attack', use a metric for clean images, or unset the key with null.",
    Example(
        TABLE,
        "metric: success-rate\n    data: digits/test",
        "metric: success-rate\n    data: digits/test\n    attack: lbfgs",
    ),
)
NEEDS_TOP_IMAGES = Rule(
    "needs-top-images",
    "'gallery' is used with a metric that finds no top-activating images",
    "A gallery shows the images with the largest activations. Only some metrics find these, among clean images.",
    "Delete 'gallery', or use a metric on top-activating images without an attack; 'picture' shows an attack's examples.",
    Example(
        TABLE,
        "attack: lbfgs\n    relation: all\n    gallery: {rows: 4}",
        "attack: lbfgs\n    relation: all",
    ),
)
ATTACK_DOES_NOT_APPLY = Rule(
    "attack-does-not-apply",
    "an attack does not support this model",
    "For example, an exact attack only knows the minimum for linear models; for others its number would be wrong.",
    "Name a model and an attack that fit; `harness kinds KIND` describes an attack.",
    Example(
        TABLE,
        "attack: exact\n    relation: all",
        "attack: lbfgs\n    relation: all",
        also=(Replacement(ATTACKS, "lbfgs: {kind: lbfgs}", "lbfgs: {kind: lbfgs}\nexact: {kind: exact-linear}"),),
    ),
)
METRIC_DOES_NOT_FIT = Rule(
    "metric-does-not-fit",
    "a metric is undefined for these models or data",
    "For example, the agreement of networks needs at least two, and a class without images has no error rate. No "
    "run would give a number.",
    "List the models that are compared, or name a class of the data; `harness kinds KIND` describes a metric.",
    Example(
        TABLE,
        "metric: {kind: error-rate, true_class: 10}",
        "metric: {kind: error-rate, true_class: 9}",
        "metric: error-rate",
    ),
)
WHOSE_ATTACK = Rule(
    "whose-attack",
    "'attack: row', 'attack: column' or 'attack: none' is used where it has no meaning",
    "These words refer to the attack of the other axis of a table. A list has no axes, and a row may have no attack.",
    "Name the attack, write it in the intended row or column, or write 'attack: none'.",
    Example(TABLE, "attack: row\n    relation: all", "attack: lbfgs\n    relation: all"),
)
ATTACK_IN_SILENCE = Rule(
    "attack-in-silence",
    "a key for attacks in a row applies to a column whose metric needs no attack (or the other way round)",
    "An error rate on clean images would silently become one on attacked images.",
    "Say in the column 'attack: none' or 'attack: row', or move the key to the intended cells.",
    Example(
        TABLE,
        LINEAR.replace("printed", "sample: {count: 32}, printed"),
        LINEAR.replace("{}, {}", "{sample: {count: 32}}, {}"),
        LINEAR,
    ),
)
SHAPES_DIFFER = Rule(
    "shapes-differ",
    "a model gets images of another shape than its training images",
    "Its layers do not accept them.",
    "Name a split of the data set the model was trained on, or a model of this data set.",
    Example(
        MODELS,
        "train_on: mnist/train, hidden: [32]",
        "train_on: digits/train, hidden: [32]",
        also=(Replacement(PAPER, "digits: {kind: digits}", "digits: {kind: digits}\n  mnist: {kind: mnist}"),),
    ),
)
LIST_OF_ONE = Rule(
    "list-of-one",
    "a list of names has only one name",
    "A list means the mean over its members. A list with one member is either a single name or incomplete.",
    "Write the name without brackets, or add the missing names.",
    Example(TABLE, "model: [network],", "model: network,"),
)
TABLE_OR_LIST = Rule(
    "table-or-list",
    "a file of claims is neither a table (columns and rows) nor a list (claims), or both",
    "Tables and lists are read and shown differently.",
    "Keep 'columns' and 'rows', or 'claims'; write the other claims into another file.",
    Example(TABLE, "claims: {}\ncolumns:", "columns:"),
)
SOURCE_NAMES_NO_PLACE = Rule(
    "source-names-no-place",
    "a source names neither table, figure nor section",
    "A reader must be able to find the claim in the paper; a page contains many numbers.",
    "Add the table, figure or section the claim is printed in.",
    Example(TABLE, "source: {page: 1}", "source: {table: 1, page: 1}"),
)
CELLS_DO_NOT_FIT = Rule(
    "cells-do-not-fit",
    "a row does not have one number for each column",
    "A number would be assigned to another column.",
    "Write one cell for each column in the row's 'printed'; null where the paper prints nothing.",
    Example(TABLE, 'printed: ["4.5", {}]', 'printed: ["4.5", {}, {}]'),
)
NOTHING_TO_JUDGE = Rule(
    "nothing-to-judge",
    "a claim, a row or a column is missing",
    "A pack without a claim has no verdict.",
    "Write one, or delete the file.",
    Example(TABLE, "  {}", ROWS),
)
SAYS_NOTHING = Rule(
    "says-nothing",
    "a required sentence is empty",
    "Nobody can check a margin without a reason, or a claim without words.",
    "Write the sentence.",
    Example(TABLE, 'because: " "', "because: six of the 597 test images"),
)
NOT_A_REPEAT = Rule(
    "not-a-repeat",
    "'same_as' names a claim that states another number, none at all, or the claim itself",
    "A number printed twice counts once; two numbers that differ are two claims.",
    "Correct the number, name the claim that states it, or delete 'same_as'.",
    Example(
        TABLE,
        'printed: [{printed: "4.5", same_as: table-1/network/test-error}, {}, {}]',
        'printed: [{printed: "2.0", same_as: table-1/network/test-error}, {}, {}]',
        'printed: ["4.5", {}, {}]',
    ),
)
CANNOT_BE_PRIMARY = Rule(
    "cannot-be-primary",
    "a claim is declared primary although it is counted elsewhere, or a reading was fitted on it",
    "The exit status counts each number once, and never a number to which the pack was fitted.",
    "Delete 'primary'.",
    Example(
        TABLE,
        'printed: [{printed: "2.0", same_as: table-1/network/test-error, primary: true}, {}, {}]',
        'printed: [{printed: "2.0", same_as: table-1/network/test-error}, {}, {}]',
        'printed: ["4.5", {}, {}]',
    ),
)
COUNTED_ALREADY = Rule(
    "counted-already",
    "'printed_numbers' names an exhibit that is in the pack",
    "Its numbers would be counted twice when the report says how much of the paper the pack covers.",
    "Delete the line.",
    Example(
        PAPER,
        "printed_numbers: {table-1: 2}",
        "printed_numbers: {table-2: 12}",
        "# printed_numbers: {table-2: 12, figure-3: 4}",
    ),
)
NO_PRIMARY_CLAIM = Rule(
    "no-primary-claim",
    "no claim of the pack is primary",
    "Secondary claims decide nothing: `harness verify` can end with 4 at best.",
    "Delete 'primary: false' from the paper's own statements; if there are none, ignore this warning.",
    Example(TABLE, SECONDARY.replace("model: linear,", "model: linear, primary: false,"), SECONDARY, ROWS),
    warning=True,
)
