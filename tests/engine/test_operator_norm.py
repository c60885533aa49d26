import numpy as np
import pytest
from convolutions import CASES, drawn

from harness.engine import operator_norm
from harness.engine.convolution import Convolution
from harness.engine.operator_norm import circular_norm, convolution_norm, seen_norm, spectral_norm, written_out


def by_basis(layer):
    """The matrix of a convolution, one column for each pixel."""
    size = int(np.prod(layer.image_shape))
    return np.stack([layer.forward(e.reshape(1, *layer.image_shape)).ravel() for e in np.eye(size)], axis=1)


def circular_by_basis(kernel, grid, strides):
    """The matrix of a circular strided convolution, from its definition."""
    rows, columns, c, filters = kernel.shape
    (h, w), (down, across) = grid, strides
    matrix = np.zeros((h // down, w // across, filters, h, w, c))
    for y, x in np.ndindex(h // down, w // across):
        for i, j in np.ndindex(rows, columns):
            matrix[y, x, :, (y * down + i) % h, (x * across + j) % w] += kernel[i, j].T
    return matrix.reshape(-1, h * w * c)


@pytest.mark.parametrize("shape", [(1, 1), (5, 3), (3, 5), (40, 40)])
@pytest.mark.parametrize("scale", [1.0, 1e-200, 1e200])
def test_the_spectral_norm_is_the_largest_singular_value(shape, scale):
    matrix = np.random.default_rng(0).normal(size=shape)
    assert spectral_norm(matrix * scale) / scale == pytest.approx(np.linalg.svd(matrix)[1][0], rel=1e-12)


def test_the_spectral_norm_of_zeros_is_zero():
    assert spectral_norm(np.zeros((3, 2))) == 0


@pytest.mark.parametrize(("image", "kernel", "strides", "padding"), CASES)
def test_the_norm_of_a_small_convolution_is_the_largest_singular_value_of_its_matrix(image, kernel, strides, padding):
    layer = drawn(image, kernel, strides, padding)
    norm = convolution_norm(layer.kernel, image, strides, padding)
    assert norm.exact
    assert norm.upper == pytest.approx(np.linalg.norm(by_basis(layer), 2), rel=1e-10)
    rows = by_basis(layer)
    np.testing.assert_allclose(written_out(layer), rows.T if rows.shape[1] < rows.shape[0] else rows, atol=1e-12)


@pytest.mark.parametrize(("image", "kernel", "strides", "padding"), CASES)
def test_lanczos_from_below_and_fourier_from_above_enclose_it(image, kernel, strides, padding, monkeypatch):
    monkeypatch.setattr(operator_norm, "WRITTEN_OUT", 0)
    layer = drawn(image, kernel, strides, padding)
    true = np.linalg.norm(by_basis(layer), 2)
    norm = convolution_norm(layer.kernel, image, strides, padding)
    assert 0.999 * true <= norm.lower <= true * (1 + 1e-12)
    assert norm.upper >= true * (1 - 1e-12)
    assert circular_norm(layer) == pytest.approx(norm.upper, rel=1e-12)
    assert seen_norm(layer) == pytest.approx(norm.lower, rel=1e-3)


@pytest.mark.parametrize(("image", "kernel", "strides", "padding"), CASES)
def test_fourier_gives_the_norm_of_the_circular_convolution_on_the_padded_grid(image, kernel, strides, padding):
    layer = drawn(image, kernel, strides, padding)
    grid = [-(-side // step) * step for side, step in zip(layer.padded, strides, strict=True)]
    true = np.linalg.norm(circular_by_basis(layer.kernel, grid, strides), 2)
    assert circular_norm(layer) == pytest.approx(true, rel=1e-10)


@pytest.mark.parametrize("stride", [1, 2, 4])
def test_the_printed_formula_is_too_small_by_the_stride(stride):
    """Δ⁻² sup ‖A(ξ)‖, of the DFT on the whole grid, as the paper prints it."""
    layer = drawn((8, 8, 2), (3, 3), (stride, stride), "valid")
    few = 8 // stride
    waves = np.fft.fft2(layer.kernel, (8, 8), axes=(0, 1))
    blocks = [
        np.concatenate([waves[y + few * a, x + few * b].T for a in range(stride) for b in range(stride)], axis=1)
        for y in range(few)
        for x in range(few)
    ]
    formula = max(np.linalg.norm(block, 2) for block in blocks) / stride**2
    printed = convolution_norm(layer.kernel, (8, 8, 2), (stride, stride), "valid").printed
    assert printed == pytest.approx(formula, rel=1e-10)
    true = np.linalg.norm(circular_by_basis(layer.kernel, (8, 8), (stride, stride)), 2)
    assert printed * stride == pytest.approx(true, rel=1e-10)


@pytest.mark.parametrize("strides", [(1, 1), (2, 2), (3, 1)])
def test_kernels_of_one_pixel_are_exact_at_any_size(strides, monkeypatch):
    monkeypatch.setattr(operator_norm, "WRITTEN_OUT", 0)
    kernel = np.random.default_rng(0).normal(size=(1, 1, 5, 4))
    layer = Convolution(kernel, (6, 6, 5), strides, "valid")
    norm = convolution_norm(kernel, (6, 6, 5), strides, "valid")
    assert norm.exact
    assert norm.upper == pytest.approx(np.linalg.norm(by_basis(layer), 2), rel=1e-12)
    assert norm.upper == pytest.approx(circular_norm(layer), rel=1e-12)


@pytest.mark.parametrize("written", [True, False])
def test_filters_of_zeros_have_the_norm_zero(written, monkeypatch):
    if not written:
        monkeypatch.setattr(operator_norm, "WRITTEN_OUT", 0)
    norm = convolution_norm(np.zeros((3, 3, 1, 2)), (5, 5, 1), (1, 1), "same")
    assert (norm.lower, norm.upper, norm.printed) == (0, 0, 0)
