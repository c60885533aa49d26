"""Rates over the images of one class."""

import json
from dataclasses import replace

import numpy as np
import pytest

from harness.errors import Invalid
from harness.examples import Examples
from harness.metrics.accuracy import Accuracy
from harness.metrics.error_rate import ErrorRate
from harness.metrics.success_rate import SuccessRate

LABELS = np.array([0, 1, 2, 1, 1, 0])
CLEAN = Examples(np.arange(24, dtype=np.float32).reshape(6, 2, 2, 1) / 24, LABELS, np.arange(6))
MADE = replace(CLEAN, found=np.array([True, False, True, True, True, False]), distortion=np.zeros(6))
SEEN = np.array([0, 1, 0, 0, 1, 2])


class Sees:
    """A victim that knows each image by its first pixel."""

    image_shape, classes = (2, 2, 1), 4

    def predict(self, images):
        return SEEN[np.rint(images[:, 0, 0, 0] * 6).astype(int)]


@pytest.mark.parametrize("true_class", [0, 1, 2])
def test_a_rate_of_one_class_is_over_its_images_alone(true_class):
    own = true_class == LABELS
    wrong = (SEEN != LABELS)[own]
    error = ErrorRate(true_class=true_class)((Sees(),), CLEAN, None)
    right = Accuracy(true_class=true_class)((Sees(),), None, MADE)
    found = SuccessRate(true_class=true_class)((), None, MADE)
    assert [(each.count, each.of) for each in (error, right, found)] == [
        (wrong.sum(), own.sum()),
        ((~wrong).sum(), own.sum()),
        (MADE.found[own].sum(), own.sum()),
    ]


def test_the_rates_of_all_classes_weighted_by_their_images_make_the_rate_of_all():
    parts = [ErrorRate(true_class=each)((Sees(),), CLEAN, None) for each in range(3)]
    whole = ErrorRate()((Sees(),), CLEAN, None)
    assert (sum(part.count for part in parts), sum(part.of for part in parts)) == (whole.count, whole.of)


@pytest.mark.parametrize(("rate", "victims"), [(ErrorRate, (Sees(),)), (Accuracy, (Sees(),)), (SuccessRate, ())])
def test_a_class_without_images_has_no_rate(rate, victims):
    with pytest.raises(Invalid, match=rf"{rate.kind}: true_class: none of 6 images is of the class 3"):
        rate(true_class=3)(victims, None, MADE)


@pytest.mark.parametrize("rate", [ErrorRate, Accuracy, SuccessRate])
def test_a_rate_of_all_images_has_the_fields_and_so_the_key_it_had_before(rate):
    assert rate().fields() == rate(true_class=None).fields() == {}
    assert json.loads(rate(true_class=1).model_dump_json()) == {"true_class": 1}
