"""Norms of layers of images at sizes where no matrix is written out: two ends around the matrix's own norm."""

import numpy as np
import pytest

from harness.engine import contrast_norm as contrasts
from harness.engine import grouped_norm as grouping
from harness.engine import locally_connected as untied
from harness.engine import operator_norm
from harness.engine.contrast_normalization import means_along
from harness.engine.convolution import Convolution
from harness.engine.response_normalization import response_norm

RNG = np.random.default_rng(0)
IMAGE = (7, 6)


def matrix_of(layer):
    rows = [layer.forward(e.reshape(1, *layer.image_shape)).ravel() for e in np.eye(int(np.prod(layer.image_shape)))]
    return np.stack(rows, axis=1)


@pytest.mark.parametrize("written", [True, False], ids=["exactly", "between two ends"])
@pytest.mark.parametrize(("strides", "padding"), [((1, 1), "same"), ((2, 1), "valid"), ((2, 2), "same")])
def test_groups_together_have_the_largest_of_their_norms(strides, padding, written, monkeypatch):
    if not written:
        monkeypatch.setattr(operator_norm, "WRITTEN_OUT", 0)
    kernels = [scale * RNG.normal(size=(3, 2, 2, 3)) for scale in (0.5, 1.0, 0.97, 0.2)]
    true = max(np.linalg.norm(matrix_of(Convolution(each, (*IMAGE, 2), strides, padding)), 2) for each in kernels)
    found = grouping.grouped_norm(kernels, (*IMAGE, 8), strides, padding)
    if written:
        assert found.exact
        assert found.upper == pytest.approx(true, rel=1e-9)
    assert 0.999 * true <= found.lower <= true * (1 + 1e-9)
    assert found.upper >= true * (1 - 1e-9)
    alone = [operator_norm.convolution_norm(each, (*IMAGE, 2), strides, padding) for each in kernels]
    assert found.printed == pytest.approx(max(each.printed for each in alone), rel=1e-9)


def test_groups_that_cannot_have_the_largest_norm_are_not_looked_at_further(monkeypatch):
    kernels = [scale * RNG.normal(size=(3, 3, 1, 1)) for scale in (1e-3, 1.0, *[1e-3] * 50)]
    looked = []
    whole = operator_norm.convolution_norm
    monkeypatch.setattr(grouping, "convolution_norm", lambda kernel, *rest: looked.append(1) or whole(kernel, *rest))
    grouping.grouped_norm(kernels, (*IMAGE, 52), (1, 1), "same")
    assert len(looked) == 1


@pytest.mark.parametrize("strides", [(1, 1), (2, 1), (3, 3)])
def test_untied_filters_lie_between_a_window_s_norm_and_that_times_the_root_of_the_windows_over_a_pixel(
    strides, monkeypatch
):
    down, across = (7 - 3) // strides[0] + 1, (6 - 2) // strides[1] + 1
    kernel = RNG.normal(size=(down, across, 3, 2, 2, 3))
    exact = untied.untied_norm(kernel, (*IMAGE, 2), strides)
    matrix = np.zeros((*IMAGE, 2, down, across, 3))
    for y, x, i, j in np.ndindex(down, across, 3, 2):
        matrix[y * strides[0] + i, x * strides[1] + j, :, y, x] = kernel[y, x, i, j]
    assert exact.exact
    assert exact.upper == pytest.approx(np.linalg.norm(matrix.reshape(84, -1), 2), rel=1e-9)
    monkeypatch.setattr(untied, "WRITTEN_OUT", 0)
    ends = untied.untied_norm(kernel, (*IMAGE, 2), strides)
    assert ends.lower - 1e-9 <= exact.upper <= ends.upper + 1e-9
    assert ends.exact == (strides == (3, 3))


@pytest.mark.parametrize(("size", "channels"), [((5, 5), 3), ((3, 1), 1), ((7, 5), 1)])
def test_subtracting_local_means_has_a_norm_between_its_ends(size, channels, monkeypatch):
    exact = contrasts.contrast_norm((*IMAGE, channels), size, 1.2, 0.1)
    rows, columns = (means_along(side, edge, 1.2) for side, edge in zip(IMAGE, size, strict=True))
    local = np.kron(np.kron(rows, columns), np.full((channels, channels), 1 / channels))
    assert exact.lower == pytest.approx(np.linalg.norm(np.eye(len(local)) - local, 2) / 0.1, rel=1e-9)
    monkeypatch.setattr(contrasts, "WRITTEN_OUT", 0)
    ends = contrasts.contrast_norm((*IMAGE, channels), size, 1.2, 0.1)
    assert ends.lower <= exact.lower * (1 + 1e-9)
    assert ends.upper >= exact.upper * (1 - 1e-9)


@pytest.mark.parametrize(
    ("channels", "size", "beta"), [(3, 5, 0.75), (9, 5, 0.75), (9, 3, 0.5), (6, 5, 2.0), (4, 1, 1.0)]
)
def test_the_derivative_of_response_normalization_is_nowhere_longer_than_its_bound(channels, size, beta):
    """The derivative by its formula, at points of all sizes; at 0 it is k^-beta times the identity."""
    bounds = response_norm(channels, size, beta, 2.0)
    near = abs(np.subtract.outer(np.arange(channels), np.arange(channels))) <= size // 2
    longest = 0.0
    for scale in np.logspace(-2, 2, 40):
        for u in RNG.normal(0, scale, (10, channels)) * (RNG.uniform(size=(10, channels)) < 0.7):
            d = 2.0 + near @ u**2
            slope = np.diag(d**-beta) - 2 * beta * near * np.outer(u * d ** -(beta + 1), u)
            longest = max(longest, np.linalg.norm(slope, 2))
    assert bounds.lower == bounds.printed == pytest.approx(2.0**-beta)
    assert longest <= bounds.upper * (1 + 1e-9)
    assert bounds.exact == (channels == 3)
