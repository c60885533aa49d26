"""An attack cannot report what it did not reach, nor leave images out, whoever wrote it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ContractError
from harness.examples import Examples
from harness.kinds.attack import AttackRecipe
from harness.kinds.confirmation import ROUNDING
from harness.streams import Streams

CLASSES, N = 3, 64


class Bands:
    """A victim that calls an image by its mean: dark, grey or bright; logits are minus the distance to 0, ½ and 1."""

    image_shape = (2, 2, 1)
    classes = CLASSES

    def exact_logits(self, images):
        return -np.abs(images.astype(np.float64).mean((1, 2, 3))[:, None] - np.array([0.0, 0.5, 1.0]))

    def predict(self, images):
        return self.exact_logits(images).argmax(1)


LABELS = np.arange(N, dtype=np.int64) % CLASSES
CLEAN = Examples(
    np.broadcast_to((LABELS / 2)[:, None, None, None], (N, 2, 2, 1)).astype(np.float32), LABELS, np.arange(N) + 100
)
GOAL = (LABELS + 1) % CLASSES
MOVED = np.broadcast_to((GOAL / 2)[:, None, None, None], (N, 2, 2, 1)).astype(np.float32)
HONEST = Examples(MOVED, LABELS, CLEAN.index, GOAL, np.ones(N, bool))


def attacked(made, clean=CLEAN, victim=None, **properties):
    """What the base makes of an attack that hands back ``made``, or what that function makes of the clean examples."""
    craft = made if callable(made) else lambda _: made
    body = {"run": lambda self, victim, clean, streams, watch, **inputs: craft(clean), "__module__": __name__}
    body |= {name: property(lambda self, value=value: value) for name, value in properties.items() if name != "tries"}
    if "tries" in properties:
        body["tries"] = lambda self, classes, **inputs: properties["tries"]
    return type(AttackRecipe)("Lies", (AttackRecipe,), body)()(victim or Bands(), clean, Streams(0, 1))


def refused(made, **how):
    with pytest.raises(ContractError) as caught:
        attacked(made, **how)
    return str(caught.value)


def test_an_honest_attack_passes_as_it_is_and_its_distortion_is_measured():
    made = attacked(HONEST)
    assert made.found.all()
    np.testing.assert_allclose(made.distortion, np.abs(GOAL - LABELS) / 2)


@pytest.mark.parametrize("targets", [GOAL, None])
def test_images_returned_unchanged_and_called_found_are_refused_with_their_number(targets):
    lie = replace(HONEST, images=CLEAN.images, targets=targets)
    message = refused(lie)
    assert (
        "claims 64 found examples; 64 of them do not meet their criterion (first: image index 100, class 0" in message
    )


def test_a_target_that_is_the_true_class_is_refused_for_it_asks_for_nothing():
    assert "must be wrong classes" in refused(replace(HONEST, images=CLEAN.images, targets=LABELS))


def test_a_wrong_class_other_than_the_target_does_not_meet_the_criterion_unless_any_error_will_do():
    other = replace(HONEST, targets=(LABELS + 2) % CLASSES)
    assert "target 2" in refused(other)
    assert attacked(other, by_target=False).found.all()


@given(st.sets(st.integers(0, N - 1)), st.sets(st.integers(0, N - 1)))
def test_exactly_the_examples_that_lie_are_counted(moved, claimed):
    found = np.isin(np.arange(N), list(claimed))
    images = np.where(np.isin(np.arange(N), list(moved))[:, None, None, None], MOVED, CLEAN.images)
    made = replace(HONEST, images=images, found=found)
    lies = len(claimed - moved)
    if lies:
        assert f"claims {len(claimed)} found examples; {lies} of them" in refused(made)
    else:
        np.testing.assert_array_equal(attacked(made).found, found)


@pytest.mark.parametrize(("short", "outcome"), [(-1e-3, True), (0.2, False), (5.0, ContractError)])
def test_what_misses_by_no_more_than_rounding_is_not_found_and_what_misses_by_more_is_refused(short, outcome):
    """``short`` is the lack of margin as a share of the rounding that is allowed."""

    class Near(Bands):
        def exact_logits(self, images):
            logits = np.zeros((len(images), CLASSES))
            logits[np.arange(len(images)), LABELS[: len(images)]] = 10.0
            logits[np.arange(len(images)), GOAL[: len(images)]] = 10.0 - short * ROUNDING * 10.0
            return logits

    if outcome is ContractError:
        refused(HONEST, victim=Near())
    else:
        assert (attacked(HONEST, victim=Near()).found == outcome).all()


def test_logits_that_are_no_number_meet_no_criterion():
    class Lost(Bands):
        def exact_logits(self, images):
            return np.full((len(images), CLASSES), np.nan)

    assert "64 of them" in refused(HONEST, victim=Lost())


def test_a_victim_whose_exact_logits_have_another_shape_is_named():
    class Flat(Bands):
        def exact_logits(self, images):
            return np.zeros(len(images))

    assert "exact_logits of the model to have the shape (64, 3), found (64,)" in refused(HONEST, victim=Flat())


@pytest.mark.parametrize("kept", [[0, 1, 2], list(range(1, N)), []])
def test_images_left_out_are_refused_with_their_number(kept):
    message = refused(HONEST.take(np.array(kept, np.int64)))
    assert f"{N - len(kept)} of 64 clean images were left out" in message


def test_images_left_out_are_not_hidden_by_others_returned_twice():
    assert "1 of 64 clean images were left out" in refused(HONEST.take(np.array([0, *range(N - 1)])))


def test_an_index_no_clean_image_has_is_refused():
    assert "have an index that no clean image has (first: 5)" in refused(replace(HONEST, index=np.arange(N) + 5))


def test_an_image_returned_twice_is_refused_unless_the_attack_says_so():
    twice = HONEST.take(np.repeat(np.arange(N), 2))
    assert "expected 1 example of each image, found 2 of image index 100" in refused(twice)
    both = replace(twice, targets=None)
    assert len(attacked(both, tries=2)) == 2 * N
    assert "the same target was tried twice" in refused(twice, tries=2)
    assert "expected 2 examples of each image, found 1" in refused(HONEST, tries=2)


@given(st.permutations(range(N)))
def test_the_order_of_the_examples_is_the_author_s(order):
    rows = np.array(order, np.int64)
    np.testing.assert_allclose(attacked(HONEST.take(rows)).distortion, (np.abs(GOAL - LABELS) / 2)[rows])


WRONG = {
    "images": [MOVED.astype(np.float64), MOVED[:, 0], MOVED.tolist(), None, np.repeat(MOVED, 3, axis=3), MOVED + 1],
    "labels": [LABELS.astype(np.int32), LABELS[:3], GOAL, LABELS.astype(float), LABELS.tolist(), None],
    "index": [CLEAN.index.astype(float), CLEAN.index[:, None], CLEAN.index.tolist(), None],
    "targets": [GOAL.astype(np.int32), GOAL[:1], GOAL - 5, GOAL + 5, GOAL.tolist()],
    "found": [None, np.ones(N), np.ones((N, 1), bool), [True] * N, np.True_],
}
PARTS = [
    pytest.param(part, value, id=f"{part}-{at}") for part, values in WRONG.items() for at, value in enumerate(values)
]


@pytest.mark.parametrize(("part", "value"), PARTS)
def test_a_part_of_a_wrong_type_shape_or_content_is_refused_by_name_and_in_a_line(part, value):
    message = refused(replace(HONEST, **{part: value}))
    assert f"{part}:" in message
    assert len(message) < 300


@pytest.mark.parametrize("made", [None, (MOVED, np.ones(N, bool)), {"images": MOVED}, MOVED])
def test_what_is_no_examples_is_refused(made):
    assert "expected Examples, found" in refused(made)


def test_pixels_that_are_no_number_or_outside_the_box_are_refused_unless_the_attack_leaves_it():
    outside = replace(HONEST, images=MOVED * np.float32(1.5))
    assert "must lie in [0, 1]" in refused(outside)
    assert attacked(replace(outside, found=np.zeros(N, bool)), stays_in_box=False).images.max() == 1.5
    assert "not finite" in refused(replace(HONEST, images=MOVED * np.float32("nan")), stays_in_box=False)


def test_the_clean_images_cannot_be_changed_in_place_for_other_jobs_look_at_them_too():
    def paint(clean):
        clean.images[:] = 0
        return HONEST

    before = CLEAN.images.copy()
    with pytest.raises(ValueError, match="read-only"):
        attacked(paint)
    np.testing.assert_array_equal(CLEAN.images, before)


def test_images_of_another_shape_or_with_labels_beyond_the_model_s_classes_are_refused():
    rgb = replace(CLEAN, images=np.repeat(CLEAN.images, 3, axis=3))
    assert "found images of 2×2×3, but the model takes images of 2×2×1" in refused(HONEST, clean=rgb)
    assert "found the label 3, but the model has 3 classes, 0 to 2" in refused(
        HONEST, clean=replace(CLEAN, labels=LABELS + 1)
    )
