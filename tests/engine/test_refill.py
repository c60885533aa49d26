import numpy as np
import pytest
from oracles import digits, train

from harness.engine import refill
from harness.engine.c_search import Limits, Search
from harness.engine.lbfgsb import LBFGSB
from harness.engine.refill import search_all
from harness.engine.victim import Architecture, Network
from harness.examples import rms, unwatched
from harness.layers.dense import Dense

SEARCH = Search(LBFGSB(5, 150), "squared")
LIMITS = Limits(start=np.nan, gap=3e-3, overshoot=0.01, precision=1e-3, solves=40)
IMAGES, LABELS = digits()
TARGETS = (LABELS + 1 + np.arange(len(LABELS)) % 9) % 10


@pytest.fixture(scope="module")
def victim():
    layers = (Dense(units=12, activation="sigmoid"), Dense(units=10))
    arrays = [a for pair in train((12,), 1e-4, 100) for a in pair]
    architecture = Architecture((8, 8, 1), layers)
    return Network(architecture, dict(zip(architecture.shapes, arrays, strict=True)))


@pytest.fixture
def eight_places(monkeypatch):
    """Let a batch hold eight digits at most, and one when stragglers remain."""
    monkeypatch.setattr(refill, "LARGEST", 8)
    monkeypatch.setattr(refill, "WORTH_SQUEEZING", 8)


@pytest.mark.usefixtures("eight_places")
def test_images_that_take_turns_in_few_places_end_where_they_end_alone(victim):
    together = search_all(SEARCH, LIMITS, victim, IMAGES[:30], TARGETS[:30], unwatched)
    alone = [search_all(SEARCH, LIMITS, victim, IMAGES[i : i + 1], TARGETS[i : i + 1], unwatched) for i in range(30)]
    ratio = rms(together.images - IMAGES[:30]) / np.concatenate(
        [rms(e.images - IMAGES[i : i + 1]) for i, e in enumerate(alone)]
    )
    assert together.reached.all()
    assert abs(ratio.mean() - 1) < 1e-3
    assert np.mean(np.abs(ratio - 1) < 0.01) >= 0.99


@pytest.mark.usefixtures("eight_places")
def test_progress_grows_from_image_to_image_and_ends_at_one(victim):
    seen = []
    search_all(SEARCH, LIMITS, victim, IMAGES[:30], TARGETS[:30], lambda done, note: seen.append((done, note)))
    shares = [done for done, _ in seen]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert len(seen) > 3
    assert seen[-1][1] == "30 of 30 images"


@pytest.mark.usefixtures("eight_places")
def test_victims_of_one_architecture_share_a_compiled_program(victim):
    refill._program.cache_clear()
    other = Network(victim.architecture, {name: 0.9 * array for name, array in victim.weights.items()})
    ends = [search_all(SEARCH, LIMITS, net, IMAGES[:3], TARGETS[:3], unwatched) for net in (victim, other)]
    assert refill._program.cache_info().misses == 1
    assert not np.allclose(ends[0].images, ends[1].images)


@pytest.mark.usefixtures("eight_places")
def test_images_end_where_they_end_on_a_cpu_when_rows_travel_as_to_a_gpu(victim, monkeypatch):
    monkeypatch.setattr(refill.backend, "computes_on_gpu", lambda: False)
    ends = []
    for on_gpu in (False, True):
        monkeypatch.setattr(refill.backend, "is_on_gpu", lambda tensor, on_gpu=on_gpu: on_gpu)
        ends.append(search_all(SEARCH, LIMITS, victim, IMAGES[:30], TARGETS[:30], unwatched))
    for one, other in zip(*(vars(each).values() for each in ends), strict=True):
        np.testing.assert_array_equal(one, other)


def test_no_images_give_no_examples(victim):
    ends = search_all(SEARCH, LIMITS, victim, IMAGES[:0], TARGETS[:0], unwatched)
    assert ends.images.shape == (0, 8, 8, 1)
    assert ends.reached.shape == (0,)


def test_the_batch_is_a_power_of_two_that_neither_memory_nor_the_images_exceed():
    for images in (1, 2, 3, 100, 10_000):
        size = refill._full_size(784, 5, images)
        assert size & (size - 1) == 0
        assert size * 784 * 10 <= refill.FLOATS_ON_GPU
        assert size < 2 * images
