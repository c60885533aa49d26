import numpy as np
import pytest

from harness.errors import ContractError, Infeasible
from harness.examples import Examples
from harness.kinds import targeting
from harness.kinds.targeting import TargetedAttack
from harness.streams import Streams


class Paint(TargetedAttack):
    """Paints the target's number onto the image; classes 0 and 7 cannot be reached."""

    def run(self, victim, clean, streams, watch, **inputs):
        watch(1.0, "painted")
        painted = np.broadcast_to((clean.targets / 10)[:, None, None, None], clean.images.shape).astype(np.float32)
        return clean.crafted(painted, ~np.isin(clean.targets, (0, 7)))


class Ten:
    """A victim that reads the number painted onto an image."""

    image_shape = (2, 2, 1)
    classes = 10

    def exact_logits(self, images):
        return -((10 * images.astype(float).mean((1, 2, 3))[:, None] - np.arange(10)) ** 2)


def clean(labels, first=0):
    labels = np.asarray(labels, np.int64)
    images = np.zeros((len(labels), 2, 2, 1), np.float32)
    return Examples(images, labels, np.arange(first, first + len(labels), dtype=np.int64))


TARGETS = ("random", "nearest", "hardest", "least-likely", "all")
MANY = clean(np.arange(5000) % 10)


def test_a_random_target_is_never_the_true_class_and_all_wrong_ones_are_equally_likely():
    targets = Paint()(Ten(), MANY, Streams(3, 1)).targets
    assert (targets != MANY.labels).all()
    shifts = np.bincount((targets - MANY.labels) % 10, minlength=10)
    assert shifts[0] == 0
    # Nine equally likely shifts: 556 of 5,000 each, with a standard deviation of 22.
    assert (np.abs(shifts[1:] - 5000 / 9) < 5 * 22).all()


def test_a_random_target_depends_on_seed_run_and_image_alone():
    order = np.random.default_rng(0).permutation(5000)
    base = Paint()(Ten(), MANY, Streams(3, 1)).targets
    np.testing.assert_array_equal(Paint()(Ten(), MANY.take(order[:50]), Streams(3, 1)).targets, base[order[:50]])
    assert (Paint()(Ten(), MANY, Streams(3, 2)).targets != base).any()
    assert (Paint()(Ten(), MANY, Streams(4, 1)).targets != base).any()


def test_only_random_targets_are_random():
    assert {target: Paint(target=target).random for target in TARGETS} == {
        "random": True,
        "least-likely": False,
        "nearest": False,
        "hardest": False,
        "all": False,
    }


def test_the_least_likely_target_is_the_wrong_class_of_the_smallest_logit_of_the_clean_image():
    class Named(Ten):
        def exact_logits(self, images):
            return np.tile(np.array([5, -1, 3, 0, -7, 2, 4, -6, 1, 9.0]), (len(images), 1))

    made = Paint(target="least-likely").attempts(Named(), clean([2, 4, 0]), Streams(0, 1), lambda *_: None)
    assert made.targets.tolist() == [4, 7, 4]
    assert Paint(target="least-likely").searches == 1


def test_all_targets_are_every_wrong_class_of_each_image_in_turn():
    made = Paint(target="all")(Ten(), clean([2, 9], first=40), Streams(0, 1))
    assert made.index.tolist() == [40] * 9 + [41] * 9
    assert made.targets[:9].tolist() == [0, 1, 3, 4, 5, 6, 7, 8, 9]
    assert made.targets[9:].tolist() == list(range(9))
    assert made.labels.tolist() == [2] * 9 + [9] * 9


def test_the_nearest_target_is_the_found_one_with_the_least_distortion():
    made = Paint(target="nearest")(Ten(), clean([3, 1]), Streams(0, 1))
    assert made.targets.tolist() == [1, 2]
    assert made.found.all()
    np.testing.assert_allclose(made.distortion, [0.1, 0.2])


def test_the_nearest_target_of_an_image_for_which_none_is_found_is_not_found(monkeypatch):
    monkeypatch.setattr(Paint, "run", lambda self, victim, clean, *_: clean.crafted(clean.images, clean.targets < 0))
    made = Paint(target="nearest")(Ten(), clean([3, 1]), Streams(0, 1))
    assert not made.found.any()
    assert len(made) == 2


def test_the_hardest_target_is_the_one_with_the_most_distortion_where_every_wrong_class_is_found(monkeypatch):
    monkeypatch.setattr(Paint, "run", painted_but(()))
    made = Paint(target="hardest")(Ten(), clean([3, 9]), Streams(0, 1))
    assert made.targets.tolist() == [9, 8]
    assert made.found.all()
    np.testing.assert_allclose(made.distortion, [0.9, 0.8])


def test_the_hardest_target_of_an_image_is_not_found_where_one_wrong_class_is_not(monkeypatch):
    monkeypatch.setattr(Paint, "run", painted_but((4,)))
    made = Paint(target="hardest")(Ten(), clean([3, 4, 1]), Streams(0, 1))
    assert made.targets.tolist() == [4, 9, 4]
    assert made.found.tolist() == [False, True, False]


def painted_but(unreached):
    """Paint's method where other classes cannot be reached."""

    def run(self, victim, clean, *_, **__):
        painted = np.broadcast_to((clean.targets / 10)[:, None, None, None], clean.images.shape).astype(np.float32)
        return clean.crafted(painted, ~np.isin(clean.targets, unreached))

    return run


def test_the_nearest_of_many_images_is_found_part_by_part(monkeypatch):
    monkeypatch.setattr(targeting, "IMAGES_AT_ONCE", 4)
    seen = []
    some = clean(np.arange(10) % 5 + 1)
    made = Paint(target="nearest")(Ten(), some, Streams(0, 1), lambda done, note: seen.append(done))
    np.testing.assert_array_equal(made.index, some.index)
    np.testing.assert_array_equal(made.targets, np.where(some.labels == 1, 2, 1))
    assert seen == pytest.approx([0.4, 0.8, 1.0])


@pytest.mark.parametrize("target", TARGETS)
def test_no_image_is_refused_in_a_sentence(target):
    with pytest.raises(ContractError, match="no image to attack"):
        Paint(target=target)(Ten(), clean([]), Streams(0, 1))


def test_one_class_is_the_target_of_every_image_in_every_run_and_nothing_is_drawn():
    recipe = Paint(target=4)
    assert (recipe.random, recipe.searches, recipe.tries(10)) == (False, 1, 1)
    made = recipe(Ten(), clean([2, 9, 0]), Streams(0, 1))
    assert made.targets.tolist() == [4, 4, 4]
    assert made.found.all()


@pytest.mark.parametrize(
    ("target", "told"),
    [(9, "1 image of 2 is of the class 9 already; leave them out, by other_than: 9"), (10, "0 to 9; found 10")],
)
def test_one_class_must_be_one_that_the_images_are_not_of(target, told):
    with pytest.raises(Infeasible, match=told):
        Paint(target=target)(Ten(), clean([2, 9]), Streams(0, 1))


def test_a_class_is_written_as_a_number_and_its_key_is_of_its_own():
    assert Paint.model_validate_json('{"target": 4}').target == 4
    assert len({Paint(target=target).fingerprint() for target in ("random", "all", 4, 5)}) == 4


def test_what_is_clearly_farther_than_the_nearest_or_nearer_than_the_hardest_is_out_of_question():
    attempts = clean([1, 1, 1, 2, 2, 2]).take(np.arange(6))
    attempts = Examples(attempts.images, attempts.labels, np.array([4, 4, 4, 9, 9, 9]))
    far = np.array([1.0, 1.2, 2.0, np.inf, np.inf, 3.0])
    kept = {target: Paint(target=target).in_question(attempts, far).tolist() for target in TARGETS}
    # What was not found yet may still be found, and be the nearest.
    assert kept["nearest"] == [True, True, False, True, True, True]
    assert kept["hardest"] == [False, False, True, True, True, False]
    assert all(all(kept[target]) for target in ("random", "least-likely", "all"))
