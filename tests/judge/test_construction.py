"""What is true by construction is told from facts of the kinds, never from their names."""

import pytest
from records import claim, margin, measured, record

from harness.judge import judge
from harness.kinds.registry import kinds

RECIPES = {
    "attacks": {
        "search": {"kind": "lbfgs"},
        "one-try": {"kind": "lbfgs", "solves": 1},
        "ball": {"kind": "pgd"},
        "noise": {"kind": "gaussian-noise", "stddev": 0.1},
        "clipped": {"kind": "gaussian-noise", "stddev": 0.1, "clip": True},
        "like": {"kind": "gaussian-noise", "like": "search"},
        "strange": {"kind": "not-installed-here"},
        "outdated": {"kind": "lbfgs", "a-field-of-old": 1},
    },
    "models": {
        "m": {"kind": "fully-connected", "train_on": "d/train", "hidden": [100, 100], "decay": [1e-5, 1e-5, 1e-6]},
        "n": {"kind": "fully-connected", "train_on": "d/train"},
        "half": {"kind": "fully-connected", "train_on": "d/p1"},
    },
}


def marked(given, values, **more):
    one = claim(**given)
    (found,) = judge(record((one, measured(one.id, values, counted=False, **more)), recipes=RECIPES))
    assert found.outcome == "REPRODUCED", found.sentence
    return "by-construction" in found.qualifiers


SURE = [1.0] * 3
ALL = {"relation": "all", "metric": "success-rate", "attack": "search", "unit": "fraction"}
RATE = {"metric": "success-rate", "attack": "search", "printed": "100", "margin": margin(absolute=5.0)}
ERRS = {"metric": "error-rate", "attack": "search", "printed": "100", "margin": margin(absolute=5.0)}
RIGHT = {"metric": "accuracy", "attack": "search", "printed": "0", "margin": margin(absolute=5.0)}
FIT = {"metric": "error-rate", "data": "d/train", "printed": "0", "margin": margin(absolute=0.5)}
FITS = {"metric": "accuracy", "data": "d/train", "printed": "100", "margin": margin(absolute=0.5)}
SIZE = {"metric": "perturbation", "attack": "noise", "printed": "0.10", "unit": "distortion"}
SIZE |= {"margin": margin(absolute=0.01)}

CASES = {
    "a search that runs until it succeeds, found for every image": (ALL, SURE, True),
    "the same over several models, each on its own": (ALL | {"model": ("m", "n")}, SURE, True),
    "a printed success of 100 %": (RATE, SURE, True),
    "a success of at least 98 %": (RATE | {"relation": "at_least", "printed": "98"}, SURE, True),
    "every example misleads its own model": (ERRS, SURE, True),
    "its own model named": (ERRS | {"crafted_on": "m"}, SURE, True),
    "no example is classified correctly": (RIGHT, [0.0] * 3, True),
    "a rate short of full success might have been another": (RATE, [0.99, 1.0, 0.99], False),
    "an attack that tries once may fail": (ALL | {"attack": "one-try"}, SURE, False),
    "an attack inside a ball may fail": (ALL | {"attack": "ball"}, SURE, False),
    "a kind that is not installed here": (ALL | {"attack": "strange"}, SURE, False),
    "fields of another edition": (ALL | {"attack": "outdated"}, SURE, False),
    "an attack the record does not describe": (ALL | {"attack": "absent"}, SURE, False),
    "no training error of a network trained until it fits": (FIT, [0.0] * 3, True),
    "full accuracy on the training images": (FITS, SURE, True),
    "on other images it is a finding": (FIT | {"data": "d/test"}, [0.0] * 3, False),
    "on the other half it is a finding": (FIT | {"model": "half"}, [0.0] * 3, False),
    "some training error": (FIT, [0.0, 0.0001, 0.0], False),
    "several models, one of them trained on less": (FIT | {"model": ("m", "half")}, [0.0] * 3, False),
    "several models, all trained on these images": (FIT | {"model": ("m", "n")}, [0.0] * 3, True),
    "the size of noise whose size is given": (SIZE, [0.1, 0.0999, 0.1001], True),
    "clipping changes it": (SIZE | {"attack": "clipped"}, [0.1, 0.0999, 0.1001], False),
    "the size of another attack's examples": (SIZE | {"attack": "like"}, [0.1, 0.0999, 0.1001], False),
    "the same in another norm": (SIZE | {"metric": "distance", "unit": "number"}, [0.1, 0.0999, 0.1001], True),
    "a median of sizes that are given": (
        SIZE | {"metric": "distance-quantile", "unit": "number"},
        [0.1, 0.0999, 0.1001],
        True,
    ),
    "the distance that an attack found": (
        SIZE | {"metric": "distance", "unit": "number", "attack": "search"},
        [0.1, 0.0999, 0.1001],
        False,
    ),
    "an ordinary test error": ({}, [0.0741, 0.0739, 0.0743], False),
    "an order": ({"relation": "greater_than", "attack": "search", "metric": "success-rate"}, SURE, False),
}


@pytest.mark.parametrize(("given", "values", "expected"), CASES.values(), ids=CASES)
def test_only_what_could_hardly_have_failed_is_true_by_construction(given, values, expected):
    others = {"others": [0.5] * 3} if given.get("relation") == "greater_than" else {}
    assert marked(given, values, **others) == expected


def test_examples_fed_to_models_they_were_not_made_for_may_fail():
    for crafted_on in ("n", ("m", "n")):
        assert not marked(ERRS | {"model": "m", "crafted_on": crafted_on}, SURE)


def test_what_did_not_reproduce_is_not_called_so():
    one = claim(**(RATE | {"printed": "50"}))
    (found,) = judge(record((one, measured(one.id, SURE, counted=False)), recipes=RECIPES))
    assert (found.outcome, found.qualifiers) == ("NOT_REPRODUCED", ())


def test_every_attack_metric_and_model_tells_its_facts_without_being_built_by_a_backend():
    marked({}, [0.0741, 0.0739, 0.0743])  # registers the kinds
    assert {kinds("metrics")[kind].at_full_success for kind in ("error-rate", "success-rate")} == {1.0}
    assert kinds("metrics")["accuracy"].at_full_success == 0.0
