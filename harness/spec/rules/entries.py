"""The rules that named entries and their fields keep, and what refers to them."""

from __future__ import annotations

from harness.spec.rules.rule import ATTACKS, MODELS, PAPER, TABLE, Example, Rule

NETWORK = "network: {kind: fully-connected, train_on: digits/train, hidden: [32], decay: 1e-4}"

UNKNOWN_FIELD = Rule(
    "unknown-field",
    "a key is unknown",
    "A misspelt key would be ignored, and the default used without a word.",
    "Write the key the message names; `harness kinds KIND` lists the fields of a kind.",
    Example(MODELS, "hiden: [32]", "hidden: [32]"),
)
UNKNOWN_KIND = Rule(
    "unknown-kind",
    "there is no kind of this name",
    "A kind says what is done; without it nothing can be said of the fields.",
    "Write a kind that `harness kinds GROUP` lists, or install the package that offers it.",
    Example(MODELS, NETWORK.replace("connected", "conected"), NETWORK),
)
UNKNOWN_NAME = Rule(
    "unknown-name",
    "a name is that of no entry of the pack",
    "Names are how a claim says what it measures: model, split, attack, reading, budget, another claim.",
    "Correct the name, or add the entry to the file the message names.",
    Example(TABLE, "attack: lbgfs", "attack: lbfgs"),
)
MISSING_FIELD = Rule(
    "missing-field",
    "a field that has no default is not there",
    "What it says cannot be guessed.",
    "Add it; the message says what it takes and what it means.",
    Example(MODELS, "hidden: [32]", "train_on: digits/train, hidden: [32]"),
)
WRONG_VALUE = Rule(
    "wrong-value",
    "a value is of another type than its field takes, or out of its bounds",
    "harness turns no text into a number and no number into a list: what is meant must be written.",
    "Write what the message says is expected; `harness kinds KIND` says the same of a kind's fields.",
    Example(MODELS, "hidden: 32", "hidden: [32]"),
)
KIND_REFUSES = Rule(
    "kind-refuses",
    "each field is valid alone, but the kind refuses them together, or here",
    "The kind's own check knows what its work needs; without it the job would fail after hours.",
    "Do what the message says; `harness kinds KIND` explains the fields.",
    Example(MODELS, "hidden: [32], decay: [1e-4]", "hidden: [32], decay: 1e-4"),
)
LAYERS_DO_NOT_FIT = Rule(
    "layers-do-not-fit",
    "a layer does not fit the output of the one before, or the last one the classes of the data",
    "Such a network cannot be built, or its outputs are no logits of these classes.",
    "Change the layer the message names; shapes follow from the data set's images.",
    Example(
        MODELS,
        "network: {kind: network, train_on: digits/train, layers: [dense: {units: 9}], training: {kind: lbfgs}}",
        "network: {kind: network, train_on: digits/train, layers: [dense: {units: 10}], training: {kind: lbfgs}}",
        NETWORK,
    ),
)
WHOLE_OR_SPLIT = Rule(
    "whole-or-split",
    "a data set is named where one of its splits is meant, or the other way round",
    "Images are taken from a split (data-set/split); a data set that is made of another takes all of it.",
    "Write the name as the message says.",
    Example(MODELS, "train_on: digits, hidden: [32]", "train_on: digits/train, hidden: [32]"),
)
REFERS_TO_ITSELF = Rule(
    "refers-to-itself",
    "an entry refers to itself, directly or through others",
    "What it needs could be made only after it was made.",
    "Let one of the entries the message names refer to something else.",
    Example(ATTACKS, "like: noise", "like: lbfgs"),
)
PATH_SETS_NOTHING = Rule(
    "path-sets-nothing",
    "a path under 'sets', or in 'not_printed', matches no entry or no field",
    "The reading or the budget would change nothing, and the report would say that it did; what is not printed is no setting.",
    "Correct the path: models.NAME.FIELD, attacks.NAME.FIELD, data.NAME.FIELD or sample.FIELD; * means all names.",
    Example(PAPER, "sets: {sample.cuont: 8}", "sets: {sample.count: 8}"),
)
SET_TWICE = Rule(
    "set-twice",
    "one key is set by a row and its column, or one field by two assumptions",
    "Which of the two holds would depend on the order of reading.",
    "Let one of the two set it; a cell may set it for itself.",
    Example(TABLE, 'model: linear, unit: "%", printed', "model: linear, printed"),
)
