"""The rules for named entries, their fields, and references to them."""

from __future__ import annotations

from harness.spec.rules.rule import ATTACKS, MODELS, PAPER, TABLE, Example, Rule

NETWORK = "network: {kind: fully-connected, train_on: digits/train, hidden: [32], decay: 1e-4}"

UNKNOWN_FIELD = Rule(
    "unknown-field",
    "a key is unknown",
    "A misspelt key would be ignored, and the default would silently be used.",
    "Write the key the message names; `harness kinds KIND` lists the fields of a kind.",
    Example(MODELS, "hiden: [32]", "hidden: [32]"),
)
UNKNOWN_KIND = Rule(
    "unknown-kind",
    "there is no kind of this name",
    "The kind determines the fields; if it is unknown, they cannot be checked.",
    "Write a kind from the list of `harness kinds GROUP`, or install the package that has it.",
    Example(MODELS, NETWORK.replace("connected", "conected"), NETWORK),
)
UNKNOWN_NAME = Rule(
    "unknown-name",
    "a name refers to no entry of the pack",
    "Claims use names for what they measure: model, split, attack, reading, budget, another claim.",
    "Correct the name, or add the entry to the file the message names.",
    Example(TABLE, "attack: lbgfs", "attack: lbfgs"),
)
MISSING_FIELD = Rule(
    "missing-field",
    "a field without a default is missing",
    "Its value cannot be guessed.",
    "Add it; the message gives its type and meaning.",
    Example(MODELS, "hidden: [32]", "train_on: digits/train, hidden: [32]"),
)
WRONG_VALUE = Rule(
    "wrong-value",
    "a value has the wrong type for its field, or is out of range",
    "harness does not convert a text to a number, or a number to a list: write exactly what you mean.",
    "Write what the message expects; `harness kinds KIND` describes a kind's fields.",
    Example(MODELS, "hidden: 32", "hidden: [32]"),
)
KIND_REFUSES = Rule(
    "kind-refuses",
    "each field is valid, but the kind refuses their combination, or refuses it in this place",
    "The kind checks its requirements in advance; otherwise the job could fail after hours.",
    "Do what the message says; `harness kinds KIND` explains the fields.",
    Example(MODELS, "hidden: [32], decay: [1e-4]", "hidden: [32], decay: 1e-4"),
)
LAYERS_DO_NOT_FIT = Rule(
    "layers-do-not-fit",
    "a layer does not fit the output of the previous layer, or the last layer does not fit the classes of the data",
    "Such a network cannot be built, or its outputs are not logits of these classes.",
    "Change the layer that the message names; shapes follow from the data set's images.",
    Example(
        MODELS,
        "network: {kind: network, train_on: digits/train, layers: [dense: {units: 9}], training: {kind: lbfgs}}",
        "network: {kind: network, train_on: digits/train, layers: [dense: {units: 10}], training: {kind: lbfgs}}",
        NETWORK,
    ),
)
WHOLE_OR_SPLIT = Rule(
    "whole-or-split",
    "a data set is named instead of one of its splits, or the other way round",
    "Images come from a split (data-set/split); a derived data set uses a whole data set.",
    "Write the name as the message says.",
    Example(MODELS, "train_on: digits, hidden: [32]", "train_on: digits/train, hidden: [32]"),
)
REFERS_TO_ITSELF = Rule(
    "refers-to-itself",
    "an entry refers to itself, directly or through others",
    "A result cannot depend on itself.",
    "Let one of the entries the message names refer to something else.",
    Example(ATTACKS, "like: noise", "like: lbfgs"),
)
PATH_SETS_NOTHING = Rule(
    "path-sets-nothing",
    "a path under 'sets', or in 'not_printed', matches no entry or no field",
    "The reading or the budget would change nothing, but the report would say that it did; 'not_printed' would name no setting.",
    "Correct the path: models.NAME.FIELD, attacks.NAME.FIELD, data.NAME.FIELD or sample.FIELD; * means all names.",
    Example(PAPER, "sets: {sample.cuont: 8}", "sets: {sample.count: 8}"),
)
SET_TWICE = Rule(
    "set-twice",
    "one key is set by a row and its column, or one field by two assumptions",
    "Which of the two counts would depend on the order of reading.",
    "Keep one of the two; a cell may set its own value.",
    Example(TABLE, 'model: linear, unit: "%", printed', "model: linear, printed"),
)
