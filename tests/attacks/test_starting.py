"""Attacks that start from another attack's examples: every registered one."""

from dataclasses import replace

import numpy as np
import pytest

from harness.attacks.ddn import DDN
from harness.attacks.exact import ExactLinear
from harness.attacks.fgsm import FGSM
from harness.attacks.gaussian_noise import GaussianNoiseAttack
from harness.errors import ContractError
from harness.examples import AttackFailure
from harness.kinds.registry import discover, kinds
from harness.kinds.starting import StartingAttack
from harness.streams import Streams

discover()
STARTING = sorted(name for name, cls in kinds("attacks").items() if issubclass(cls, StartingAttack))


@pytest.fixture(scope="module")
def few(clean):
    return clean.take(np.arange(48))


@pytest.fixture(params=STARTING)
def started(request):
    """Return a function that runs the attack from the examples of another one."""

    def run(victim, clean, start, **fields):
        return kinds("attacks")[request.param](start="first", **fields)(victim, clean, Streams(0, 1), start=start)

    return run


@pytest.fixture
def plain(request, started):
    """Return a function that runs the same attack from the clean images."""
    kind = request.node.callspec.params["started"]
    return lambda victim, clean, **fields: kinds("attacks")[kind](**fields)(victim, clean, Streams(0, 1))


def test_no_example_is_farther_than_the_one_it_started_from(started, sigmoid_net, few):
    first = DDN(steps=20)(sigmoid_net, few, Streams(0, 1))
    made = started(sigmoid_net, few, first)
    np.testing.assert_array_equal(made.targets, first.targets)
    assert made.found[first.found].all()
    assert (made.distortion <= first.distortion)[first.found].all()
    assert made.distortion.mean() < 0.99 * first.distortion.mean()


def test_on_a_linear_network_random_starts_end_where_the_clean_images_do(started, plain, linear_net, few):
    noise = GaussianNoiseAttack(stddev=0.2, clip=True)(linear_net, few, Streams(0, 1))
    made, usual = started(linear_net, few, noise), plain(linear_net, few)
    assert made.found.all()
    np.testing.assert_allclose(made.distortion.mean(), usual.distortion.mean(), rtol=5e-3)


def test_a_start_changes_where_the_search_ends_on_a_network_with_many_minima(started, plain, sigmoid_net, few):
    noise = GaussianNoiseAttack(stddev=0.5, clip=True)(sigmoid_net, few, Streams(0, 1))
    from_noise, from_image = started(sigmoid_net, few, noise), plain(sigmoid_net, few)
    moved = from_image.distortion > 0
    assert (from_noise.images != from_image.images).any(axis=(1, 2, 3))[moved].mean() > 0.9


def test_of_several_examples_of_an_image_the_one_with_the_same_target_is_its_start(started, linear_net, few):
    every = ExactLinear(target="all", confidence=1e-4)(linear_net, few, Streams(0, 1))
    shuffled = every.take(np.random.default_rng(0).permutation(len(every)))
    made = started(linear_net, few, shuffled)
    one = ExactLinear(confidence=1e-4)(linear_net, few, Streams(0, 1))
    # The start is the exact minimum for the very target, and nothing is nearer.
    assert (made.distortion <= one.distortion * (1 + 1e-6)).all()


def test_where_nothing_is_found_the_image_stays_in_the_box_and_the_reason_is_given(started, blank, few):
    noise = GaussianNoiseAttack(stddev=0.1, clip=True)(blank, few, Streams(0, 1))
    made = started(blank, few, noise)
    assert not made.found.any()
    assert set(made.failure) <= {AttackFailure.UNREACHED, AttackFailure.BUDGET}
    assert 0 <= made.images.min() <= made.images.max() <= 1


def test_starts_outside_the_box_are_refused_with_the_repair(started, linear_net, few):
    outside = FGSM(epsilon=0.5, clip=False)(linear_net, few, Streams(0, 1))
    with pytest.raises(ContractError, match=r"the attack 'first' leave \[0, 1\].*clip: true"):
        started(linear_net, few, outside)


def test_starts_of_other_images_are_refused(started, linear_net, few):
    other = DDN(steps=5)(linear_net, replace(few, index=few.index + 500), Streams(0, 1))
    with pytest.raises(ContractError, match="was run on other images; image 1000 is not among them"):
        started(linear_net, few, other)


def test_a_start_enters_the_key_and_its_absence_leaves_the_key_as_it_was(started, request):
    cls = kinds("attacks")[request.node.callspec.params["started"]]
    assert cls(start="first").referents() == {"start": ("attacks", "first")}
    assert not cls().referents()
    assert "start" not in cls().model_dump()
