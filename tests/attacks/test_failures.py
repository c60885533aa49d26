"""Why an attack found no example for an image: every reason, by an attack that has it."""

from dataclasses import replace

import numpy as np
import pytest

from harness.attacks.ddn import DDN
from harness.attacks.fgsm import FGSM
from harness.attacks.lbfgs import LBFGSAttack, SharedConstant
from harness.attacks.pdgd import PDGD
from harness.attacks.polish import Polish
from harness.examples import AttackFailure, attack_failures, failure_counts
from harness.kinds.attack import AttackRecipe
from harness.kinds.smallest import Smallest
from harness.streams import Streams


def reasons(recipe, victim, clean, **inputs):
    made = recipe(victim, clean, Streams(0, 1), **inputs)
    np.testing.assert_array_equal(made.failure == AttackFailure.NONE, made.found)
    return {AttackFailure(code).name for code in made.failure[~made.found]}, made


@pytest.mark.parametrize("recipe", [LBFGSAttack(), DDN(steps=5), PDGD(steps=5, descents=2), FGSM(epsilon=0.1)])
def test_a_criterion_that_no_iterate_meets_is_unreached(recipe, blank, clean):
    some = clean.take(np.flatnonzero(clean.labels == 0)[:6])  # the class that a network of zeros predicts
    assert reasons(recipe, blank, some)[0] == {"UNREACHED"}


@pytest.mark.parametrize("recipe", [LBFGSAttack(), PDGD(steps=5, descents=2)])
def test_a_network_of_nan_is_not_finite(recipe, broken, clean):
    assert reasons(recipe, broken, clean.take(np.arange(6)))[0] == {"NOT_FINITE"}


def test_too_few_values_of_c_are_a_budget(linear_net, clean):
    found, made = reasons(LBFGSAttack(initial_const=1e4, binary_search_steps=1), linear_net, clean)
    assert found == {"BUDGET"}
    assert failure_counts(made) == {"budget": int((~made.found).sum())}


def test_images_that_the_shared_c_does_not_serve_say_so(linear_net, clean):
    recipe = LBFGSAttack(shared_constant=SharedConstant(error_above=0.5))
    found, made = reasons(recipe, linear_net, clean)
    assert found == {"SHARED_C"}
    assert 0 < made.found.sum() < len(made)


def test_what_float64_does_not_confirm_is_unconfirmed(linear_net, clean):
    class Claims(AttackRecipe):
        """Says of points just short of the boundary that they are across it, as rounding might."""

        def run(self, victim, clean, streams, watch, **inputs):
            made = PDGD(descents=1, confidence=0)(victim, clean, streams)
            back = made.images.astype(float) - clean.images
            short = (clean.images + (1 - 1e-6) * back).astype(np.float32)
            return replace(made, images=short, found=np.ones(len(made), bool), failure=None)

    right = clean.take(np.flatnonzero(linear_net.predict(clean.images) == clean.labels))
    made = LBFGSAttack(confidence=1e-4)(linear_net, right, Streams(0, 1))
    margin = linear_net.exact_logits(made.images)
    assert margin.shape == (len(right), 10)
    found, _ = reasons(Claims(), linear_net, right)
    assert found <= {"UNCONFIRMED"}


def test_an_example_that_polishing_rescues_has_no_reason_and_others_keep_theirs(linear_net, blank, clean):
    first = LBFGSAttack(initial_const=1e4, binary_search_steps=1)
    started = first(linear_net, clean, Streams(0, 1))
    found, made = reasons(Polish(of="first"), linear_net, clean, of=started)
    assert made.found.sum() >= started.found.sum()
    assert found <= {"BUDGET"}
    short = PDGD(steps=2, descents=1)(blank, clean, Streams(0, 1))
    np.testing.assert_array_equal(Polish(of="first")(blank, clean, Streams(0, 1), of=short).failure, short.failure)


def test_of_ever_larger_sizes_the_reason_is_that_of_the_last(linear_net, clean):
    found, made = reasons(FGSM(epsilon=1e-4, smallest=Smallest(among=3)), linear_net, clean)
    assert found == {"UNREACHED"}
    assert not made.found.all()


def test_examples_without_reasons_count_as_unreached_where_they_were_not_found(clean):
    found = np.arange(len(clean)) % 2 == 0
    made = clean.crafted(clean.images, found)
    np.testing.assert_array_equal(attack_failures(made), np.where(found, AttackFailure.NONE, AttackFailure.UNREACHED))
    wrong = replace(made, failure=np.zeros(len(clean), np.int8))
    np.testing.assert_array_equal(attack_failures(wrong), attack_failures(made))


def test_rows_that_are_replaced_bring_their_reasons(clean):
    made = clean.crafted(clean.images, np.zeros(len(clean), bool), np.full(len(clean), AttackFailure.BUDGET, np.int8))
    rows = np.array([3, 1])
    part = clean.take(rows).crafted(clean.images[rows] * 0, np.array([True, False]))
    both = made.with_rows(rows, part)
    assert both.failure[[0, 1, 3]].tolist() == [AttackFailure.BUDGET, AttackFailure.UNREACHED, AttackFailure.NONE]
    assert not both.images[rows].any()
    np.testing.assert_array_equal(made.failure, AttackFailure.BUDGET)
