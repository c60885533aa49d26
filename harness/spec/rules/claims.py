"""The rules that claims keep: what is measured, where it is printed, what claims say of one another."""

from __future__ import annotations

from harness.spec.rules.rule import ATTACKS, MODELS, PAPER, TABLE, Example, Replacement, Rule

LINEAR = 'linear: {label: Linear classifier, model: linear, printed: ["4.5", {}, {}]}'
ROWS = f'  {LINEAR}\n  network: {{label: Network with 32 hidden units, model: network, printed: ["2.0", {{}}, {{}}]}}'
SECONDARY = ROWS.replace("model: network,", "model: network, primary: false,")

NEEDS_ATTACK = Rule(
    "needs-attack",
    "a metric, or a key such as crafted_on, limit or picture, needs an attack, and there is none",
    "A distortion or a success rate is that of an attack; on the images as they are it has no meaning.",
    "Add 'attack', take a metric of plain images, or unset the key with null.",
    Example(
        TABLE,
        "metric: success-rate\n    data: digits/test",
        "metric: success-rate\n    data: digits/test\n    attack: lbfgs",
    ),
)
NEEDS_TOP_IMAGES = Rule(
    "needs-top-images",
    "a gallery is asked of a measure that finds no top images",
    "A gallery shows the images with the largest activations, which only some metrics look for, among images as they are.",
    "Delete 'gallery', or measure a metric of top images without an attack; 'picture' shows what an attack made.",
    Example(
        TABLE,
        "attack: lbfgs\n    relation: all\n    gallery: {rows: 4}",
        "attack: lbfgs\n    relation: all",
    ),
)
ATTACK_DOES_NOT_APPLY = Rule(
    "attack-does-not-apply",
    "an attack cannot be made for this model",
    "An exact attack knows the minimum of linear models alone, say; a number from elsewhere would be another's.",
    "Name a model or an attack that go together; `harness kinds KIND` says what an attack takes.",
    Example(
        TABLE,
        "attack: exact\n    relation: all",
        "attack: lbfgs\n    relation: all",
        also=(Replacement(ATTACKS, "lbfgs: {kind: lbfgs}", "lbfgs: {kind: lbfgs}\nexact: {kind: exact-linear}"),),
    ),
)
METRIC_DOES_NOT_FIT = Rule(
    "metric-does-not-fit",
    "a metric cannot be had of these models, or of these data",
    "One network has none to agree with, and a class without images has no error rate; no run would give a number.",
    "List the models that are compared, or name a class of the data; `harness kinds KIND` says what a metric takes.",
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
    "The words take the attack of the other axis of a table; a list has no axes, and a row may name no attack.",
    "Name the attack, write it in the row or column that is meant, or write 'attack: none'.",
    Example(TABLE, "attack: row\n    relation: all", "attack: lbfgs\n    relation: all"),
)
ATTACK_IN_SILENCE = Rule(
    "attack-in-silence",
    "what an attack needs, written in a row, reaches a column whose metric needs no attack (or the other way round)",
    "A clean error rate would become that of attacked images, and nothing would look wrong.",
    "Say in the column 'attack: none' or 'attack: row', or move the key to the cells it is meant for.",
    Example(
        TABLE,
        LINEAR.replace("printed", "sample: {count: 32}, printed"),
        LINEAR.replace("{}, {}", "{sample: {count: 32}}, {}"),
        LINEAR,
    ),
)
SHAPES_DIFFER = Rule(
    "shapes-differ",
    "a model is given images of another shape than it was trained on",
    "It cannot take them.",
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
    "a list of names holds one name",
    "A list means the mean over its members, so that a list of one is the name, or a list that is not finished.",
    "Write the name without brackets, or the names that are missing.",
    Example(TABLE, "model: [network],", "model: network,"),
)
TABLE_OR_LIST = Rule(
    "table-or-list",
    "a file of claims is neither a table (columns and rows) nor a list (claims), or both",
    "The two are read differently, and shown differently.",
    "Keep 'columns' and 'rows', or 'claims'; write the other claims into a file of their own.",
    Example(TABLE, "claims: {}\ncolumns:", "columns:"),
)
SOURCE_NAMES_NO_PLACE = Rule(
    "source-names-no-place",
    "a source names neither table, figure nor section",
    "A reader must be able to look the claim up in the paper; a page alone holds many numbers.",
    "Add the table, figure or section the claim is printed in.",
    Example(TABLE, "source: {page: 1}", "source: {table: 1, page: 1}"),
)
CELLS_DO_NOT_FIT = Rule(
    "cells-do-not-fit",
    "the numbers of a row are not one for each column",
    "A number would be read as that of another column.",
    "Write one cell for each column in the row's 'printed'; null where the paper prints nothing.",
    Example(TABLE, 'printed: ["4.5", {}]', 'printed: ["4.5", {}, {}]'),
)
NOTHING_TO_JUDGE = Rule(
    "nothing-to-judge",
    "there is no claim, no row or no column where there must be one",
    "A pack without a claim has no verdict.",
    "Write one, or delete the file.",
    Example(TABLE, "  {}", ROWS),
)
SAYS_NOTHING = Rule(
    "says-nothing",
    "a sentence that a reader needs is blank",
    "A margin without its reason, and a claim without words, cannot be checked.",
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
    "a claim that counts elsewhere, or that a reading was fitted on, says that it is primary",
    "The exit status counts a number once, and none that the pack was fitted to.",
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
    "Its numbers would be counted twice where the report says how much of the paper the pack covers.",
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
    "Leave 'primary: false' away where the paper's own statement is meant, or leave it so if none is.",
    Example(TABLE, SECONDARY.replace("model: linear,", "model: linear, primary: false,"), SECONDARY, ROWS),
    warning=True,
)
