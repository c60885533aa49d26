import numpy as np
import pytest
from oracles import digits, train

from harness.engine import batch_size, refill
from harness.engine.batch_size import C_SEARCH, LeastImages
from harness.engine.c_search import CSearch, CSearchSettings
from harness.engine.lbfgsb import LBFGSB
from harness.engine.refill import search_with_refill
from harness.engine.victim import Architecture, NetworkVictim
from harness.examples import rms, unwatched
from harness.layers.dense import Dense

SEARCH = CSearch(LBFGSB(5, 150), "squared")
SETTINGS = CSearchSettings(initial_const=np.nan, log_c_tolerance=3e-3, confidence=0.01, relative_gtol=1e-3, steps=40)
IMAGES, LABELS = digits()
TARGETS = (LABELS + 1 + np.arange(len(LABELS)) % 9) % 10


@pytest.fixture(scope="module")
def victim():
    layers = (Dense(units=12, activation="sigmoid"), Dense(units=10))
    arrays = [a for pair in train((12,), 1e-4, 100) for a in pair]
    architecture = Architecture((8, 8, 1), layers)
    return NetworkVictim(architecture, dict(zip(architecture.shapes, arrays, strict=True)))


@pytest.fixture
def eight_seats(monkeypatch):
    """Let a batch hold eight digits at most, and one when stragglers remain."""
    monkeypatch.setattr(refill, "C_SEARCH", C_SEARCH._replace(images=8))
    monkeypatch.setattr(batch_size, "WORTH_COMPACTING", LeastImages(8, 8))
    monkeypatch.setattr(batch_size, "LEAST_PRODUCTS", 0)


@pytest.mark.usefixtures("eight_seats")
def test_images_that_take_turns_in_few_seats_end_where_they_end_alone(victim):
    together = search_with_refill(SEARCH, SETTINGS, victim, IMAGES[:30], TARGETS[:30], unwatched)
    alone = [
        search_with_refill(SEARCH, SETTINGS, victim, IMAGES[i : i + 1], TARGETS[i : i + 1], unwatched)
        for i in range(30)
    ]
    ratio = rms(together.images - IMAGES[:30]) / np.concatenate(
        [rms(e.images - IMAGES[i : i + 1]) for i, e in enumerate(alone)]
    )
    assert together.reached.all()
    assert abs(ratio.mean() - 1) < 1e-3
    assert np.mean(np.abs(ratio - 1) < 0.01) >= 0.99


@pytest.mark.usefixtures("eight_seats")
def test_progress_grows_from_image_to_image_and_ends_at_one(victim):
    seen = []
    search_with_refill(
        SEARCH, SETTINGS, victim, IMAGES[:30], TARGETS[:30], lambda done, note: seen.append((done, note))
    )
    shares = [done for done, _ in seen]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert len(seen) > 3
    assert seen[-1][1] == "30 of 30 images"


@pytest.mark.usefixtures("eight_seats")
def test_victims_of_one_architecture_share_a_compiled_program(victim):
    refill._program.cache_clear()
    other = NetworkVictim(victim.architecture, {name: 0.9 * array for name, array in victim.weights.items()})
    ends = [search_with_refill(SEARCH, SETTINGS, net, IMAGES[:3], TARGETS[:3], unwatched) for net in (victim, other)]
    assert refill._program.cache_info().misses == 1
    assert not np.allclose(ends[0].images, ends[1].images)


@pytest.mark.usefixtures("eight_seats")
def test_copying_rows_as_to_and_from_a_gpu_changes_no_bit(victim, monkeypatch):
    ends = []
    for on_gpu in (False, True):
        monkeypatch.setattr(refill.backend, "is_on_gpu", lambda tensor, on_gpu=on_gpu: on_gpu)
        ends.append(search_with_refill(SEARCH, SETTINGS, victim, IMAGES[:30], TARGETS[:30], unwatched))
    for one, other in zip(*(vars(each).values() for each in ends), strict=True):
        np.testing.assert_array_equal(one, other)


def test_no_images_give_no_examples(victim):
    ends = search_with_refill(SEARCH, SETTINGS, victim, IMAGES[:0], TARGETS[:0], unwatched)
    assert ends.images.shape == (0, 8, 8, 1)
    assert ends.reached.shape == (0,)
