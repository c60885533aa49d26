from dataclasses import replace

import numpy as np
import pytest

from harness.errors import ContractError
from harness.examples import Examples
from harness.metrics.success_rate import SuccessRate

CLEAN = Examples(np.zeros((4, 2, 2, 1), np.float32), np.zeros(4, np.int64), np.arange(4))


def test_it_is_the_fraction_of_images_with_an_example():
    value = SuccessRate()((), None, replace(CLEAN, found=np.array([True, False, True, True]), distortion=np.ones(4)))
    assert (value.value, value.count, value.of) == (0.75, 3, 4)


def test_it_needs_an_attack():
    with pytest.raises(ContractError, match="needs adversarial images"):
        SuccessRate()((), CLEAN, None)
