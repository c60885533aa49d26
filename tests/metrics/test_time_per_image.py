import numpy as np
import pytest

from harness.errors import ContractError, Invalid
from harness.examples import Examples
from harness.metrics.time_per_image import TimePerImage

MADE = Examples(
    np.zeros((4, 1, 1, 1), np.float32),
    np.zeros(4, np.int64),
    np.arange(4),
    found=np.ones(4, np.bool_),
    distortion=np.zeros(4),
)


def test_it_is_the_seconds_of_the_attack_divided_by_the_images():
    assert TimePerImage()((), None, MADE, seconds=10.0).value == 2.5


def test_an_attack_too_short_to_be_timed_has_none():
    with pytest.raises(Invalid, match=r"found 0 s for 4 images"):
        TimePerImage()((), None, MADE, seconds=0.0)


def test_it_needs_the_seconds():
    with pytest.raises(ContractError, match="needs the attack's duration in seconds"):
        TimePerImage()((), None, MADE)
