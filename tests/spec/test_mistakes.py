"""Every mistake is answered once, with its place, what was expected, what was found and how to repair it."""

from __future__ import annotations

import pytest

TABLE, PROSE = "claims/table-1.yaml", "claims/prose.yaml"
MODELS, ATTACKS, PAPER = "models.yaml", "attacks.yaml", "paper.yaml"
NET = "kind: toy-net, train_on: toy/train"
WIDTH = "width: 9"
SMALL = "{label: Small, model: small, printed: "
CELLS = '"7.4", "0.062"'
MARGIN = "margin: {absolute: 0.5, because: b}"
PATH = "a path is models.<name>.<field>, attacks.<name>.<field>, data.<name>.<field> or sample.<field>; fields within fields follow with dots"
NAME = "a name consists of lower-case letters, digits, '-' and '_', and begins and ends with a letter or digit"
RELATIONS = "close_to, at_least, at_most, equivalent_to, greater_than, less_than, ratio, decreasing, increasing, all"

ENTRIES = {
    "a kind that is nearly one is answered with that one": (
        (MODELS, NET, "kind: toy-nt, train_on: toy/train"),
        "models.yaml:1:15: small.kind: unknown kind 'toy-nt'; did you mean 'toy-net'?",
    ),
    "a kind like no other is answered with those there are": (
        (ATTACKS, "kind: toy-solve", "kind: zzz"),
        "attacks.yaml:3:15: solve.kind: unknown kind 'zzz'; known: toy-push, toy-solve",
    ),
    "an entry without a kind is answered with the kinds there are": (
        (MODELS, NET, "train_on: toy/train"),
        "models.yaml:1:1: small.kind: missing; known: toy-net",
    ),
    "a kind that is a list is refused": (
        (MODELS, NET, "kind: [toy-net], train_on: toy/train"),
        "models.yaml:1:15: small.kind: expected the name of a kind; found a list; known: toy-net",
    ),
    "an entry that is no mapping is refused": (
        (ATTACKS, "{kind: toy-solve}", "toy-solve"),
        "attacks.yaml:3:8: solve: expected {kind: …, and the kind's fields}; found the text 'toy-solve'",
    ),
    "a misspelt field is answered with the field that was meant": (
        (MODELS, WIDTH, "width: 9, widht: 3"),
        "models.yaml:2:56: large.widht: unknown field; did you mean 'width'?",
    ),
    "a field that shares a part with another is answered with that one": (
        (ATTACKS, "like: push", "like: push, max_iter: 5"),
        "attacks.yaml:2:37: alike.max_iter: unknown field; did you mean 'iterations'?",
    ),
    "an unknown field is answered with those there are": (
        (ATTACKS, "like: push", "like: push, zzz: 5"),
        "attacks.yaml:2:37: alike.zzz: unknown field; known: iterations, like",
    ),
    "a colon without a space is told from an unknown field": (
        (ATTACKS, "like: push", "like: push, iterations:5"),
        "attacks.yaml:2:37: alike.iterations:5: unknown field; write a space after the colon",
    ),
    "a missing field is answered with what it takes and means": (
        (MODELS, NET, "kind: toy-net"),
        (
            "models.yaml:1:1: small.train_on: missing; expected a split, as data-set/split "
            "(the split the model is trained on, as data-set/split)"
        ),
    ),
    "text where a number is expected is refused with the bounds": (
        (MODELS, WIDTH, "width: nine"),
        "models.yaml:2:53: large.width: expected a whole number from 1 to 9; found the text 'nine'",
    ),
    "a number in quotes is told to be written without": (
        (MODELS, WIDTH, 'width: "9"'),
        (
            "models.yaml:2:53: large.width: expected a whole number from 1 to 9; found the text '9'; "
            "write 9, without quotes"
        ),
    ),
    "a number out of bounds is refused": (
        (MODELS, WIDTH, "width: 10"),
        "models.yaml:2:53: large.width: expected a whole number from 1 to 9; found the number 10",
    ),
    "a broken number where a whole one is expected is refused": (
        (MODELS, WIDTH, "width: 1e-4"),
        "models.yaml:2:53: large.width: expected a whole number from 1 to 9; found the number 1e-4",
    ),
    "null where a number is expected is refused": (
        (MODELS, WIDTH, "width: null"),
        "models.yaml:2:53: large.width: expected a whole number from 1 to 9; found null",
    ),
    "a key without a value is refused": (
        (MODELS, WIDTH, "width: "),
        "models.yaml:2:52: large.width: expected a whole number from 1 to 9; found nothing",
    ),
    "a huge whole number is refused without being computed": (
        (MODELS, WIDTH, f"width: {'9' * 5000}"),
        (
            "models.yaml:2:53: large.width: expected an integer below 2**63, found one of 5000 digits; "
            "quote it if it is text"
        ),
    ),
    "NaN is refused": (
        (MODELS, WIDTH, "rate: .nan"),
        "models.yaml:2:52: large.rate: expected a finite number, found .nan",
    ),
    "NaN spelt as in Python is text, and refused as such": (
        (MODELS, WIDTH, "decay: NaN"),
        "models.yaml:2:53: large.decay: expected a number, or a list, each member a number; found the text 'NaN'",
    ),
    "a number too large for a float is refused": (
        (MODELS, WIDTH, "rate: 1e999"),
        "models.yaml:2:52: large.rate: expected a finite number, found 1e999",
    ),
    "yes where true is expected is answered with true": (
        (MODELS, WIDTH, "biased: yes"),
        "models.yaml:2:54: large.biased: expected true or false; found the text 'yes'; write true, without quotes",
    ),
    "a choice that is nearly one is answered with that one": (
        (MODELS, WIDTH, "mode: stepp"),
        "models.yaml:2:52: large.mode: expected one of steep, smooth; found the text 'stepp'; did you mean 'steep'?",
    ),
    "one value where a list is expected is answered with the list": (
        (MODELS, WIDTH, "layers: 3"),
        (
            "models.yaml:2:54: large.layers: expected a list, each member a whole number of at least 1; "
            "found the number 3; write [3]"
        ),
    ),
    "the wrong member of a list is named by its position": (
        (MODELS, WIDTH, "layers: [3, 0]"),
        "models.yaml:2:58: large.layers[1]: expected a whole number of at least 1; found the number 0",
    ),
    "what fits neither of two types is refused once": (
        (MODELS, WIDTH, "decay: {a: 1}"),
        "models.yaml:2:53: large.decay: expected a number, or a list, each member a number; found a mapping",
    ),
    "of two types the one that fits best says what is wrong": (
        (MODELS, WIDTH, "decay: [1, x]"),
        "models.yaml:2:57: large.decay[1]: expected a number; found the text 'x'",
    ),
    "a key written twice is named with the line of the first": (
        (MODELS, WIDTH, "width: 9, width: 8"),
        "models.yaml:2:56: large.width: written twice (first in line 2); keep one of the two",
    ),
    "a reference to no entry is answered with the entry that was meant": (
        (MODELS, "features: small", "features: smal"),
        "models.yaml:2:66: large.features: unknown model 'smal'; did you mean 'small'?",
    ),
    "a reference within a list is checked like any other": (
        (MODELS, "features: small", "against: [push, psh]"),
        "models.yaml:2:72: large.against[1]: unknown attack 'psh'; did you mean 'push'?",
    ),
    "a data set where a split is expected is answered with its splits": (
        (MODELS, "train_on: part/first", "train_on: part"),
        (
            "models.yaml:2:34: large.train_on: expected a split, as data-set/split; found the data set 'part'; "
            "write part/first or part/second"
        ),
    ),
    "a split its data set does not have is answered with the one that was meant": (
        (MODELS, "train_on: part/first", "train_on: part/frist"),
        "models.yaml:2:34: large.train_on: unknown split 'frist' of 'part'; did you mean 'first'?",
    ),
    "a split where a data set is expected is answered with the data set": (
        (PAPER, "of: toy}", "of: toy/train}"),
        "paper.yaml:8:30: data.part.of: expected the name of a whole data set; found a split; write 'toy'",
    ),
    "an entry that refers to itself is refused": (
        (ATTACKS, "like: push", "like: alike"),
        "attacks.yaml:2:31: alike.like: refers to itself: alike → alike; let one of them refer to something else",
    ),
    "entries that refer to each other are refused with the path of the cycle": (
        (ATTACKS, "{kind: toy-push}", "{kind: toy-push, like: alike}"),
        "attacks.yaml:2:31: alike.like: refers to itself: push → alike → push; let one of them refer to something else",
    ),
}
HEAD = {
    "a later format is answered with what to do": (
        (PAPER, "format: 1", "format: 2"),
        "paper.yaml:1:9: format: this version of harness reads format 1; found 2; update harness",
    ),
    "true is no format": (
        (PAPER, "format: 1", "format: true"),
        "paper.yaml:1:9: format: expected 1; found true",
    ),
    "a missing format is reported at the head of the file": (
        (PAPER, "format: 1\n", ""),
        "paper.yaml:1:1: format: missing; expected 1 (format of the pack)",
    ),
    "a negative seed is refused": (
        (PAPER, "seed: 7", "seed: -7"),
        "paper.yaml:4:7: seed: expected a whole number of at least 0; found the number -7",
    ),
    "a sample of no image is refused": (
        (PAPER, "count: 12", "count: 0"),
        "paper.yaml:9:17: sample.count: expected a whole number of at least 1, or null; found the number 0",
    ),
    "a budget of words is refused": (
        (PAPER, "runs: 3", "runs: three"),
        "paper.yaml:12:17: budgets.audit.runs: expected a whole number of at least 1; found the text 'three'",
    ),
    "a pack without the budget asked for is answered with the one that was meant": (
        (PAPER, "audit:", "audits:"),
        "paper.yaml:10:1: budgets: unknown budget 'audit'; did you mean 'audits'?",
    ),
    "a chosen reading that is none is answered with the one that was meant": (
        (PAPER, "chosen: slow", "chosen: slowly"),
        "paper.yaml:20:13: assumptions.speed.chosen: unknown reading 'slowly'; did you mean 'slow'?",
    ),
    "an assumption that chooses nothing is refused": (
        (PAPER, "    chosen: slow\n", ""),
        "paper.yaml:15:3: assumptions.speed.chosen: missing; expected text (name of the reading used throughout)",
    ),
    "a pattern of fitted claims that matches none is refused": (
        (PAPER, "table-1/small/*", "table-2/small/*"),
        (
            "paper.yaml:22:17: assumptions.speed.fitted_on[0]: unknown claim 'table-2/small/*'; "
            "did you mean 'table-1/small/size'?"
        ),
    ),
    "a path to no field is answered with the field that was meant": (
        (PAPER, "models.*.rate: 0.25", "models.*.ratee: 0.25"),
        (
            "paper.yaml:18:36: assumptions.speed.readings.slow.sets.models.*.ratee: "
            "unknown field 'ratee' of toy-net; did you mean 'rate'?"
        ),
    ),
    "a path to no part of a pack is answered with the part that was meant": (
        (PAPER, "models.*.rate: 0.25", "model.*.rate: 0.25"),
        (
            "paper.yaml:18:36: assumptions.speed.readings.slow.sets.model.*.rate: "
            f"unknown part of a pack 'model'; did you mean 'models'? {PATH}"
        ),
    ),
    "a path to no entry is answered with the entry that was meant": (
        (PAPER, "models.*.rate: 0.25", "models.smal.rate: 0.25"),
        (
            "paper.yaml:18:36: assumptions.speed.readings.slow.sets.models.smal.rate: "
            "unknown model 'smal'; did you mean 'small'?"
        ),
    ),
    "a glob that matches no entry is answered with the entries there are": (
        (PAPER, "models.*.rate: 0.25", "models.x*.rate: 0.25"),
        (
            "paper.yaml:18:36: assumptions.speed.readings.slow.sets.models.x*.rate: "
            "no model matches 'x*'; known: large, small"
        ),
    ),
    "a path that is too short is answered with the grammar": (
        (PAPER, "models.*.rate: 0.25", "models.rate: 0.25"),
        f"paper.yaml:18:36: assumptions.speed.readings.slow.sets.models.rate: expected at least three steps, found 2; {PATH}",
    ),
    "a value the chosen reading sets is reported at the reading": (
        (PAPER, "models.*.rate: 0.25", "models.*.rate: 0"),
        (
            "paper.yaml:18:51: assumptions.speed.readings.slow.sets.models.*.rate: "
            "expected a number above 0; found the number 0"
        ),
    ),
    "a value another reading sets is tried as well": (
        (PAPER, "models.*.rate: 0.75", "models.*.rate: fast"),
        (
            "paper.yaml:19:49: assumptions.speed.readings.fast.sets.models.*.rate: "
            "expected a number above 0; found the text 'fast'"
        ),
    ),
    "a reference a reading sets is followed": (
        (PAPER, "models.*.rate: 0.75", "models.large.train_on: toy/tset"),
        (
            "paper.yaml:19:57: assumptions.speed.readings.fast.sets.models.large.train_on: "
            "unknown split 'tset' of 'toy'; did you mean 'test'?"
        ),
    ),
    "a value another budget sets is tried as well": (
        (PAPER, "sample.count: 4", "sample.count: -4"),
        (
            "paper.yaml:11:64: budgets.rehearsal.sets.sample.count: "
            "expected a whole number of at least 1, or null; found the number -4"
        ),
    ),
    "a field of the sample that is none is answered with the one that was meant": (
        (PAPER, "sample.count: 4", "sample.cout: 4"),
        "paper.yaml:11:50: budgets.rehearsal.sets.sample.cout: unknown field 'cout' of sample; did you mean 'count'?",
    ),
    "settings that are no mapping are refused": (
        (PAPER, "sets: {sample.count: null}", "sets: [1]"),
        "paper.yaml:13:26: budgets.full.sets: expected a mapping; found a list",
    ),
}
CLAIMS = {
    "a row with too few cells is answered with its columns": (
        (TABLE, ', "0.062"]', "]"),
        (
            "claims/table-1.yaml:7:48: rows.small.printed: too few cells: expected 2 (error, size), found 1; "
            "write null where the paper prints nothing"
        ),
    ),
    "a row with too many cells is answered with its columns": (
        (TABLE, '"0.062"]', '"0.062", "3"]'),
        (
            "claims/table-1.yaml:7:48: rows.small.printed: too many cells: expected 2 (error, size), found 3; "
            "write null where the paper prints nothing"
        ),
    ),
    "a row without cells is answered with its columns": (
        (TABLE, ', printed: ["7.4", "0.062"]', ""),
        "claims/table-1.yaml:7:3: rows.small.printed: missing; expected a list of 2 cells (error, size)",
    ),
    "one cell where a list is expected is refused": (
        (TABLE, f"[{CELLS}]", '"7.4"'),
        "claims/table-1.yaml:7:48: rows.small.printed: expected a list of 2 cells (error, size); found the text '7.4'",
    ),
    "a bare number in print is told to be quoted as printed": (
        (TABLE, CELLS, '7.40, "0.062"'),
        (
            "claims/table-1.yaml:7:49: rows.small.printed[0]: 7.40 has 2 decimals, but 'decimals' says 1; "
            "correct one of the two"
        ),
        (
            "claims/table-1.yaml:7:49: rows.small.printed[0]: expected the number exactly as printed, in quotes; "
            'found 7.40 without quotes, for which YAML drops trailing zeros; write "7.40"'
        ),
    ),
    "a number in print with a comma is answered with a point": (
        (TABLE, CELLS, '"7,4", "0.062"'),
        (
            'claims/table-1.yaml:7:49: rows.small.printed[0]: expected a number as printed, such as "7.40"; '
            "found '7,4'; write '7.4'"
        ),
    ),
    "a unit beside a printed number is sent to its key": (
        (TABLE, CELLS, '"7.4 %", "0.062"'),
        (
            'claims/table-1.yaml:7:49: rows.small.printed[0]: expected a number as printed, such as "7.40"; '
            "found '7.4 %'; write '7.4', and give the unit as 'unit: \"%\"'"
        ),
    ),
    "a printed bound is sent to its relation": (
        (TABLE, CELLS, '"< 7.4", "0.062"'),
        (
            'claims/table-1.yaml:7:49: rows.small.printed[0]: expected a number as printed, such as "7.40"; '
            "found '< 7.4'; write '7.4', and give the bound as 'relation: at_most'"
        ),
    ),
    "an empty cell is answered with null": (
        (TABLE, CELLS, '"", "0.062"'),
        (
            'claims/table-1.yaml:7:49: rows.small.printed[0]: expected a number as printed, such as "7.40"; '
            "found ''; write null where the paper prints nothing"
        ),
    ),
    "NaN in print is refused": (
        (TABLE, CELLS, '"nan", "0.062"'),
        "claims/table-1.yaml:7:49: rows.small.printed[0]: expected a number as printed, such as \"7.40\"; found 'nan'",
    ),
    "a cell that is a list is refused": (
        (TABLE, CELLS, '[a], "0.062"'),
        (
            "claims/table-1.yaml:7:49: rows.small.printed[0]: expected the number as printed, in quotes, "
            "or {printed: …, margin: …}; found a list"
        ),
    ),
    "a number with more decimals than its column is refused": (
        (TABLE, CELLS, '"7.40", "0.062"'),
        (
            "claims/table-1.yaml:7:49: rows.small.printed[0]: 7.40 has 2 decimals, but 'decimals' says 1; "
            "correct one of the two"
        ),
    ),
    "a key set by a row and by a column is refused": (
        (TABLE, SMALL, "{label: Small, model: small, decimals: 3, printed: "),
        (
            "claims/table-1.yaml:7:39: rows.small.decimals: set by this row and by column 'error' (line 4); "
            "keep one of the two"
        ),
        (
            "claims/table-1.yaml:7:39: rows.small.decimals: set by this row and by column 'size' (line 5); "
            "keep one of the two"
        ),
    ),
    "a key that other rows have is reported missing at the row": (
        (TABLE, SMALL, "{label: Small, printed: "),
        (
            "claims/table-1.yaml:7:3: rows.small.model: missing; expected text, "
            "or a list, each member text that is not empty (the model that classifies the images)"
        ),
    ),
    "a key that no row has is reported missing at the column": (
        (TABLE, "label: Error, metric: toy-rate", "label: Error"),
        "claims/table-1.yaml:4:3: columns.error.metric: missing; expected text (kind of the metric)",
    ),
    "a label that is a number is told to be quoted": (
        (TABLE, "label: Small", "label: 3"),
        "claims/table-1.yaml:7:18: rows.small.label: expected text; found the number 3; write it in quotes, or delete 'label'",
    ),
    "numbers printed by a column are sent to the rows": (
        (TABLE, "metric: toy-rate, ", 'metric: toy-rate, printed: "3", '),
        "claims/table-1.yaml:4:43: columns.error.printed: write the numbers of column 'error' in 'printed' of each row",
    ),
    "a model that is none is answered with the one that was meant": (
        (TABLE, "model: small", "model: smal"),
        "claims/table-1.yaml:7:32: rows.small.model: unknown model 'smal'; did you mean 'small'?",
    ),
    "a list of one model is told to be written without brackets": (
        (TABLE, "model: small", "model: [small]"),
        (
            "claims/table-1.yaml:7:32: rows.small.model: a list means the mean over several; found a list of one; "
            "write 'model: small' without brackets"
        ),
    ),
    "a model that is in a list twice is refused": (
        (PROSE, "model: [small, large]", "model: [small, large, small]"),
        "claims/prose.yaml:8:27: claims.all-found.model[2]: 'small' is in this list twice; delete one of the two",
    ),
    "a metric that is none is answered with the one that was meant": (
        (TABLE, "metric: toy-rate", "metric: toy-rat"),
        "claims/table-1.yaml:4:33: columns.error.metric: unknown metric 'toy-rat'; did you mean 'toy-rate'?",
    ),
    "an option of a metric is checked like a field": (
        (
            PROSE,
            'metric: toy-rate\n    data: toy/test\n    model: small\n    printed: "7.4"\n    unit: "%"',
            'metric: {kind: toy-count, top: 0}\n    data: toy/test\n    model: small\n    printed: "7.4"',
        ),
        (
            "claims/prose.yaml:22:36: claims.printed-again.metric.top: "
            "expected a whole number of at least 1; found the number 0"
        ),
        (
            "claims/prose.yaml:26:14: claims.printed-again.margin.sampling: a sampling margin is for rates "
            "and for means over images; toy-count is a number"
        ),
        (
            "claims/prose.yaml:27:14: claims.printed-again.same_as: 'table-1/small/error' prints 7.4 (%), "
            "this claim 7.4 (number); correct the number, or delete 'same_as'"
        ),
    ),
    "a metric without its kind is refused": (
        (TABLE, "metric: toy-rate", "metric: {top: 1}"),
        "claims/table-1.yaml:4:25: columns.error.metric.kind: missing; write the name of the metric",
    ),
    "images of another shape than the model's are refused": (
        (PROSE, "data: toy/test\n    model: large", "data: wide/test\n    model: small"),
        (
            "claims/prose.yaml:14:11: claims.worse-than-alike.data: 'wide/test' has images of 3×3×1, "
            "but the model 'small' was trained on images of 2×2×1"
        ),
    ),
    "images of another shape than those of a derived data set are refused": (
        (PROSE, "data: toy/test\n    model: large\n    crafted_on: small", "data: wide/test\n    model: large"),
        (
            "claims/prose.yaml:14:11: claims.worse-than-alike.data: 'wide/test' has images of 3×3×1, "
            "but the model 'large' was trained on images of 2×2×1"
        ),
    ),
    "a metric that needs an attack and has none is refused": (
        (TABLE, "attack: push, ", ""),
        "claims/table-1.yaml:5:3: columns.size.attack: missing; the metric toy-size needs an attack",
    ),
    "an attack that does not support the model is refused": (
        (PROSE, "crafted_on: small\n    attack: push", "attack: solve"),
        (
            "claims/prose.yaml:16:13: claims.worse-than-alike.attack: the attack 'solve' (toy-solve) "
            "does not support the model 'large' (toy-net)"
        ),
    ),
    "a limit that is no attack is answered with the one that was meant": (
        (TABLE, "attack: push, ", "attack: push, limit: slve, "),
        "claims/table-1.yaml:5:66: columns.size.limit: unknown attack 'slve'; did you mean 'solve'?",
    ),
    "a limit without an attack is refused": (
        (TABLE, "metric: toy-rate, ", "metric: toy-rate, limit: solve, "),
        "claims/table-1.yaml:4:43: columns.error.limit: needs an attack; add 'attack', or unset it with 'limit: null'",
    ),
    "a model the attack was made for that is none is answered with the one that was meant": (
        (PROSE, "crafted_on: small", "crafted_on: smal"),
        "claims/prose.yaml:16:17: claims.worse-than-alike.crafted_on: unknown model 'smal'; did you mean 'small'?",
    ),
    "a unit that is none is answered with the units there are": (
        (TABLE, 'unit: "%"', "unit: percent"),
        (
            "claims/table-1.yaml:4:65: columns.error.unit: expected one of %, fraction, distortion, number, s, ms; "
            "found the text 'percent'"
        ),
    ),
    "a unit the metric does not have is refused": (
        (TABLE, "attack: push, ", 'attack: push, unit: "%", '),
        "claims/table-1.yaml:5:65: columns.size.unit: toy-size is measured in \"distortion\"; found '%'",
    ),
    "a rate above 100 % is refused": (
        (TABLE, '{printed: "10"', '{printed: "740"'),
        "claims/table-1.yaml:8:45: rows.large.printed[0].printed: toy-rate cannot exceed 100 %; found 740",
    ),
    "a fraction above 1 is answered with percent": (
        (PROSE, "relation: greater_than\n    other: {attack: alike}", 'printed: "7.4"\n    ' + MARGIN),
        (
            "claims/prose.yaml:18:14: claims.worse-than-alike.printed: toy-rate cannot exceed 1; found 7.4; "
            'did you mean unit: "%"?'
        ),
    ),
    "a negative rate is refused": (
        (TABLE, '{printed: "10"', '{printed: "-10"'),
        "claims/table-1.yaml:8:45: rows.large.printed[0].printed: toy-rate cannot be negative; found -10",
    ),
    "a margin below half a printed unit is answered with the least there may be": (
        (TABLE, MARGIN, "margin: {absolute: 0.04, because: b}"),
        (
            "claims/table-1.yaml:4:102: columns.error.margin.absolute: 0.04 is less than half a unit of the last "
            "printed place of '7.4', 0.05; write at least 0.05"
        ),
    ),
    "a relative margin below half a printed unit is answered with the least there may be": (
        (TABLE, "relative: 0.1", "relative: 0.001"),
        (
            "claims/table-1.yaml:5:91: columns.size.margin.relative: 6.2e-05 is less than half a unit of the last "
            "printed place of '0.062', 0.0005; write at least 0.00807"
        ),
    ),
    "a relative margin typed in percent is answered with the part that was meant": (
        (TABLE, MARGIN, "margin: {relative: 20, because: b}"),
        (
            "claims/table-1.yaml:4:102: columns.error.margin.relative: expected a claim that a measurement can refute; its "
            "relative margin of 20 is 2000 % of the printed number; write 0.2 for 20 %"
        ),
    ),
    "a margin wider than the scale is answered with the scale": (
        (TABLE, MARGIN, "margin: {absolute: 200, because: b}"),
        (
            "claims/table-1.yaml:4:102: columns.error.margin.absolute: expected a claim that a measurement can refute; its "
            "margin of ±200 covers every possible value of the measure: none is farther away than 92.6; "
            "write a narrower margin in the printed unit, whose values go from 0 to 100"
        ),
    ),
    "a margin without its reason is refused": (
        (TABLE, MARGIN, "margin: {absolute: 0.5}"),
        (
            "claims/table-1.yaml:4:83: columns.error.margin.because: missing; expected text that is not empty "
            "(the reason for this margin)"
        ),
    ),
    "a margin with a blank reason is refused": (
        (TABLE, MARGIN, 'margin: {absolute: 0.5, because: " "}'),
        "claims/table-1.yaml:4:116: columns.error.margin.because: expected the reason for this margin; found nothing",
    ),
    "a margin without a width is refused": (
        (TABLE, MARGIN, "margin: {because: b}"),
        (
            "claims/table-1.yaml:4:83: columns.error.margin: "
            "expected exactly one of absolute, relative, sampling, same_images; found none"
        ),
    ),
    "a margin of two widths is refused": (
        (TABLE, MARGIN, "margin: {absolute: 0.5, relative: 0.1, because: b}"),
        (
            "claims/table-1.yaml:4:83: columns.error.margin: "
            "expected exactly one of absolute, relative, sampling, same_images; found absolute and relative"
        ),
    ),
    "a bare number as margin is refused": (
        (TABLE, MARGIN, "margin: 0.5"),
        (
            "claims/table-1.yaml:4:91: columns.error.margin: "
            "expected a mapping with absolute, relative, sampling, same_images, because, or null; found the number 0.5"
        ),
    ),
    "a margin that is NaN is refused": (
        (TABLE, MARGIN, "margin: {absolute: .nan, because: b}"),
        "claims/table-1.yaml:4:102: columns.error.margin.absolute: expected a finite number, found .nan",
        (
            "claims/table-1.yaml:4:83: columns.error.margin: "
            "expected exactly one of absolute, relative, sampling, same_images; found none"
        ),
    ),
    "a negative margin is refused": (
        (TABLE, MARGIN, "margin: {absolute: -1, because: b}"),
        (
            "claims/table-1.yaml:4:102: columns.error.margin.absolute: "
            "expected a number above 0, or null; found the number -1"
        ),
    ),
    "a relation decided by a margin needs one": (
        (TABLE, f", {MARGIN}", ""),
        "claims/table-1.yaml:4:3: columns.error.margin: missing; the relation close_to needs a margin",
    ),
    "a relative margin of a printed 0 is refused": (
        (TABLE, '"0.062"', '"0.000"'),
        "claims/table-1.yaml:5:81: columns.size.margin.relative: a fraction of a printed 0 is 0; write an absolute margin",
    ),
    "a sampling margin of a mean over several models is refused": (
        (
            TABLE,
            '{model: large, printed: [{printed: "10", margin: {absolute: 1, because: c}}, null]}',
            '{model: [small, large], printed: [null, {printed: "0.1", margin: {sampling: {images: 9}, because: c}}]}',
        ),
        (
            "claims/table-1.yaml:8:76: rows.large.printed[1].margin.sampling: a sampling margin of a mean over images is for "
            "a single model; found a list; write an absolute or relative margin"
        ),
    ),
    "a sampling margin of one image is refused": (
        (PROSE, "images: 256", "images: 1"),
        (
            "claims/prose.yaml:27:33: claims.printed-again.margin.sampling.images: "
            "expected a whole number of at least 2; found the number 1"
        ),
    ),
    "a relation that is none is answered with the one that was meant": (
        (PROSE, "relation: all", "relation: al"),
        (
            f"claims/prose.yaml:10:15: claims.all-found.relation: expected one of {RELATIONS}; "
            "found the text 'al'; did you mean 'all'?"
        ),
    ),
    "a bound without number and margin misses both": (
        (PROSE, "relation: all", "relation: at_most"),
        "claims/prose.yaml:4:3: claims.all-found.margin: missing; the relation at_most needs a margin",
        "claims/prose.yaml:4:3: claims.all-found.printed: missing; the relation at_most compares with a printed number",
    ),
    "a statement on all images has no margin": (
        (PROSE, "relation: all", f"relation: all\n    {MARGIN}"),
        "claims/prose.yaml:11:5: claims.all-found.margin: the relation all uses no margin; delete it",
    ),
    "a statement on all images compares with no other": (
        (PROSE, "relation: all", "relation: all\n    other: {attack: alike}"),
        (
            "claims/prose.yaml:11:5: claims.all-found.other: the relation all does not use another measure; "
            "delete it, or choose equivalent_to, greater_than, less_than, ratio"
        ),
    ),
    "a statement on all images prints no number": (
        (PROSE, "relation: all", 'relation: all\n    printed: "100"'),
        (
            "claims/prose.yaml:11:5: claims.all-found.printed: the relation all compares with nothing printed; "
            "delete 'printed', or choose close_to"
        ),
    ),
    "a statement on all images is one of a rate": (
        (
            PROSE,
            "metric: toy-rate\n    data: toy/test\n    model: [",
            "metric: toy-size\n    data: toy/test\n    model: [",
        ),
        "claims/prose.yaml:10:15: claims.all-found.relation: 'all' is for a rate; toy-size is none",
    ),
    "an order without the other measure is refused": (
        (PROSE, "    other: {attack: alike}\n", ""),
        (
            "claims/prose.yaml:11:3: claims.worse-than-alike.other: missing; "
            "the relation greater_than compares with another measure; write the keys that differ"
        ),
    ),
    "an order that compares a measure with itself is refused": (
        (PROSE, "other: {attack: alike}", "other: {attack: push}"),
        "claims/prose.yaml:19:5: claims.worse-than-alike.other: compares the measure with itself; write the keys that differ",
    ),
    "an other without an attack that is still crafted on a model is refused": (
        (PROSE, "other: {attack: alike}", "other: {attack: null}"),
        (
            "claims/prose.yaml:19:5: claims.worse-than-alike.other: has no attack, but is still crafted on a model; "
            "add 'crafted_on: null'"
        ),
    ),
    "a misspelt key of the other measure is answered with the key that was meant": (
        (PROSE, "other: {attack: alike}", "other: {atack: alike}"),
        "claims/prose.yaml:19:13: claims.worse-than-alike.other.atack: unknown field; did you mean 'attack'?",
    ),
    "an other that is no mapping is refused": (
        (PROSE, "other: {attack: alike}", "other: alike"),
        "claims/prose.yaml:19:12: claims.worse-than-alike.other: expected a mapping, or null; found the text 'alike'",
    ),
    "measures in different units are not compared": (
        (PROSE, "other: {attack: alike}", "other: {metric: toy-size}"),
        (
            "claims/prose.yaml:19:12: claims.worse-than-alike.other: "
            "toy-rate (fraction) cannot be compared with toy-size (distortion)"
        ),
    ),
    "a claim of a list must say what it claims": (
        (PROSE, "    says: Found for all.\n", ""),
        "claims/prose.yaml:4:3: claims.all-found.says: missing; write the claim as a sentence",
    ),
    "a claim that says nothing is refused": (
        (PROSE, "says: Found for all.", 'says: "  "'),
        "claims/prose.yaml:5:11: claims.all-found.says: expected a sentence; found nothing",
    ),
    "a known deviation needs its reason": (
        (PROSE, "same_as: table-1/small/error", 'deviates_because: ""'),
        (
            "claims/prose.yaml:28:23: claims.printed-again.deviates_because: "
            "expected text that is not empty, or null; found the text ''"
        ),
    ),
    "a number printed again names a claim there is": (
        (PROSE, "same_as: table-1/small/error", "same_as: table-1/small/eror"),
        (
            "claims/prose.yaml:28:14: claims.printed-again.same_as: unknown claim 'table-1/small/eror'; "
            "did you mean 'table-1/small/error'?"
        ),
    ),
    "a number printed again is not that of the claim itself": (
        (PROSE, "same_as: table-1/small/error", "same_as: prose/printed-again"),
        (
            "claims/prose.yaml:28:14: claims.printed-again.same_as: names the claim itself; "
            "name the claim that states the number elsewhere"
        ),
    ),
    "a number printed again is the same number": (
        (PROSE, "same_as: table-1/small/error", "same_as: table-1/large/error"),
        (
            "claims/prose.yaml:28:14: claims.printed-again.same_as: 'table-1/large/error' prints 10 (%), "
            "this claim 7.4 (%); correct the number, or delete 'same_as'"
        ),
    ),
    "a number printed again is a number": (
        (PROSE, "same_as: table-1/small/error", "same_as: prose/all-found"),
        (
            "claims/prose.yaml:28:14: claims.printed-again.same_as: only a printed number can be the same as another; "
            "'prose/all-found' has none"
        ),
    ),
    "a number printed again is not primary": (
        (PROSE, "same_as: table-1/small/error", "same_as: table-1/small/error\n    primary: true"),
        (
            "claims/prose.yaml:29:14: claims.printed-again.primary: "
            "this claim cannot be primary: it is the same as another; delete 'primary'"
        ),
    ),
    "an order the printed numbers contradict is refused": (
        (
            PROSE,
            (
                "model: large\n    crafted_on: small\n    attack: push\n    relation: greater_than\n    "
                "other: {attack: alike}"
            ),
            'model: small\n    relation: greater_than\n    other: {model: large}\n    unit: "%"',
        ),
        (
            "claims/prose.yaml:16:15: claims.worse-than-alike.relation: the printed numbers say the opposite: "
            "7.4 here, 10 for the other; restrict the claim to what they support, or declare it with 'deviates_because'"
        ),
    ),
    "a claim's name that would leave the folder is refused": (
        (PROSE, "printed-again:", "../printed-again:"),
        (
            f"claims/prose.yaml:20:3: claims.../printed-again: '../printed-again' cannot be the name of a claim: {NAME}; "
            "write 'printed-again'"
        ),
    ),
    "a file that is neither table nor list is refused": (
        (TABLE, "columns:", "column:"),
        "claims/table-1.yaml:1:1: expected either columns and rows (a table) or claims (a list); found rows",
        "claims/table-1.yaml:3:1: column: unknown field; did you mean 'columns'?",
    ),
    "an empty source is refused": (
        (PROSE, '{section: "4.2"}', "{section: null}"),
        "claims/prose.yaml:2:1: source: expected one of table, figure or section; add the one that prints it",
    ),
    "a source that names no place is refused": (
        (TABLE, "{table: 1, page: 6}", "{page: 6}"),
        "claims/table-1.yaml:2:1: source: expected one of table, figure or section; add the one that prints it",
    ),
}
SAME = "    same_as: table-1/small/error\n"
PICTURES = {
    "a picture of undistorted images is refused": (
        (PROSE, SAME, SAME + "    picture: {rows: 5, columns: 5}\n"),
        (
            "claims/prose.yaml:29:5: claims.printed-again.picture: needs an attack; add 'attack', "
            "or unset it with 'picture: null'"
        ),
    ),
    "a gallery of a metric that finds no top images is refused": (
        (PROSE, SAME, SAME + "    gallery: {rows: 4}\n"),
        (
            "claims/prose.yaml:29:5: claims.printed-again.gallery: needs top-activating images, which toy-rate does not "
            "find; unset it with 'gallery: null'"
        ),
    ),
    "a gallery of a metric there is not says no more than that": (
        (
            PROSE,
            "metric: toy-rate\n    data: toy/test\n    model: small",
            "metric: toy-rat\n    data: toy/test\n    model: small\n    gallery: {rows: 4}",
        ),
        "claims/prose.yaml:22:13: claims.printed-again.metric: unknown metric 'toy-rat'; did you mean 'toy-rate'?",
    ),
    "a picture without rows is refused": (
        (PROSE, "relation: all", "relation: all\n    picture: {rows: 0, columns: 5}"),
        "claims/prose.yaml:11:21: claims.all-found.picture.rows: expected a whole number from 1 to 20; found the number 0",
    ),
    "a picture of too many columns is refused": (
        (PROSE, "relation: all", "relation: all\n    picture: {rows: 5, columns: 21}"),
        (
            "claims/prose.yaml:11:33: claims.all-found.picture.columns: expected a whole number from 1 to 20; "
            "found the number 21"
        ),
    ),
    "a picture that does not say how many columns is refused": (
        (PROSE, "relation: all", "relation: all\n    picture: {rows: 5}"),
        (
            "claims/prose.yaml:11:5: claims.all-found.picture.columns: missing; expected a whole number from 1 to 20 "
            "(pairs in each row: the original, and to its right the distorted image)"
        ),
    ),
    "a picture that is no mapping is refused": (
        (PROSE, "relation: all", "relation: all\n    picture: 5"),
        (
            "claims/prose.yaml:11:14: claims.all-found.picture: expected a mapping with rows, columns, difference, "
            "side, or null; "
            "found the number 5"
        ),
    ),
}
CASES = ENTRIES | HEAD | CLAIMS | PICTURES


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_mistake_is_answered_with_place_and_repair(pack, case):
    edit, *told = case
    assert pack.edit(*edit).mistakes() == sorted(told, key=_position)


def _position(line):
    file, row, column, rest = line.split(":", 3)
    return file, int(row), int(column), rest


def test_the_undamaged_pack_has_no_mistake(pack):
    assert pack.mistakes() == []


def test_mistakes_of_all_files_are_told_at_once(pack):
    pack.edit(MODELS, WIDTH, "width: 10").edit(ATTACKS, "like: push", "like: psh").edit(PAPER, "seed: 7", "seed: x")
    pack.edit(TABLE, "data: toy/test", "data: toy/tst").edit(PROSE, "relation: all", "relation: al")
    files = {line.split(":")[0] for line in pack.mistakes()}
    assert files == {MODELS, ATTACKS, PAPER, TABLE, PROSE}


def test_a_column_s_mistake_is_told_once_and_not_for_every_row(pack):
    assert len(pack.edit(TABLE, "data: toy/train", "data: toy/tran").mistakes()) == 1


def test_names_are_not_held_against_a_file_that_cannot_be_read(pack):
    told = pack.write(MODELS, "small: [").mistakes()
    assert [line.split(":")[0] for line in told] == [MODELS]


def test_claims_are_not_held_against_a_file_of_claims_that_cannot_be_read(pack):
    told = pack.write(TABLE, "title: 'open").mistakes()
    assert [line.split(":")[0] for line in told] == [TABLE]


def test_two_assumptions_that_set_one_field_are_refused(pack):
    rival = """\
  haste:
    question: How hasty?
    readings:
      very: {sets: {models.small.rate: 1.5}}
    chosen: very
    because: Nobody knows.
"""
    text = (pack.folder / PAPER).read_text() + rival
    assert pack.write(PAPER, text).mistakes() == [
        (
            "paper.yaml:26:21: assumptions.haste.readings.very.sets.models.small.rate: "
            "models.small.rate is also set by the assumption 'speed'; let one of them set it"
        )
    ]


def test_a_cycle_that_only_another_reading_makes_is_found(pack):
    pack.edit(PAPER, "sets: {models.*.rate: 0.75}", "sets: {attacks.push.like: alike}")
    assert [line for line in pack.mistakes() if "refers to itself: push → alike → push" in line]
