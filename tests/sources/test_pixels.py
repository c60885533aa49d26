import contextlib
import io
import struct
import zlib

import numpy as np
import photos
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from harness.sources import Unsound, pixels
from harness.sources.pixels import Fit, decoded_image

RNG = np.random.default_rng(1)
SOME = RNG.integers(0, 256, (40, 40, 3), np.uint8)


def fit(size, resize=None, interpolation="bilinear", channels=3):
    return Fit(size, resize, interpolation, channels)


def whole(content, channels=3):
    """What a file holds, at its own size."""
    with Image.open(io.BytesIO(content)) as image:
        return decoded_image(content, fit((image.height, image.width), channels=channels))


def test_a_png_s_bytes_are_the_pixels():
    image = RNG.integers(0, 256, (7, 5, 3), np.uint8)
    found, unusual = whole(photos.photo(image))
    np.testing.assert_array_equal(found, image)
    assert unusual == []


def test_a_jpeg_is_decoded_to_about_the_pixels_it_was_made_of():
    y, x = np.mgrid[:40, :60]
    image = np.stack([4 * x, 5 * y, 2 * (x + y)], axis=2).astype(np.uint8)
    found, unusual = whole(photos.photo(image, "JPEG", quality=95, subsampling=0))
    assert abs(found.astype(int) - image).mean() < 2
    assert unusual == []


@given(
    height=st.integers(1, 40), width=st.integers(1, 40), size=st.tuples(st.integers(1, 12), st.integers(1, 12)),
    more=st.integers(0, 9),
)  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_the_shorter_side_becomes_as_long_as_asked_and_the_middle_is_cut_out(height, width, size, more):
    image, side = SOME[:height, :width], max(size) + more
    found, unusual = decoded_image(photos.photo(image), fit(size, side))
    assert found.shape == (*size, 3)
    assert ("tiny" in unusual) == (height < size[0] or width < size[1])
    shorter = min(height, width)
    h, w = (side, side * width // shorter) if height <= width else (side * height // shorter, side)
    resized = np.asarray(Image.fromarray(image).resize((w, h), Image.Resampling.BILINEAR))
    top, left = (h - size[0]) // 2, (w - size[1]) // 2
    np.testing.assert_array_equal(found, resized[top : top + size[0], left : left + size[1]])


def test_both_sides_may_be_given_whatever_becomes_of_the_proportions():
    image = np.repeat(np.repeat(RNG.integers(0, 256, (4, 3, 3), np.uint8), 2, axis=0), 5, axis=1)
    found, _ = decoded_image(photos.photo(image), fit((4, 3), (4, 3), "nearest"))
    np.testing.assert_array_equal(found, image[::2, ::5])


def test_a_resized_image_is_smoothed_before_it_loses_pixels():
    image = np.tile(np.array([0, 255], np.uint8), (32, 16))[..., None].repeat(3, axis=2)
    for interpolation in ("box", "bilinear", "bicubic", "lanczos", "hamming"):
        found, _ = decoded_image(photos.photo(image), fit((8, 8), 8, interpolation))
        assert abs(found[2:-2, 2:-2].astype(float) - 127.5).max() < 30, interpolation


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_a_grey_image_is_repeated_in_each_channel_and_said_to_be_grey(form):
    content = photos.photo((9, 8), form)
    grey, unusual = whole(content, channels=1)
    assert grey.shape == (9, 8, 1)
    assert unusual == []
    found, unusual = whole(content)
    np.testing.assert_array_equal(found, grey.repeat(3, axis=2))
    assert unusual == ["grey"]


def test_a_black_and_white_image_is_grey_too():
    found, unusual = whole(photos.photo((9, 8), mode="1"))
    assert set(np.unique(found)) == {0, 255}
    assert unusual == ["grey"]


def test_colours_become_their_luminance_where_grey_is_asked_for():
    image = RNG.integers(0, 256, (6, 6, 3), np.uint8)
    found, _ = whole(photos.photo(image), channels=1)
    assert abs(found[..., 0] - image @ [0.299, 0.587, 0.114]).max() <= 1


def test_cmyk_is_converted_and_named():
    inks = np.zeros((16, 16, 4), np.uint8)
    inks[..., 1] = 255  # magenta alone: no green
    packed = io.BytesIO()
    Image.frombytes("CMYK", (16, 16), inks.tobytes()).save(packed, "JPEG", quality=100)
    found, unusual = whole(packed.getvalue())
    assert unusual == ["cmyk"]
    assert abs(found.astype(int) - [255, 0, 255]).max() < 10


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_is_left_away_and_named(mode):
    image = np.zeros((4, 4, 4), np.uint8)
    image[..., 0] = 200
    packed = io.BytesIO()
    Image.fromarray(image, "RGBA").convert(mode).save(packed, "PNG")
    found, unusual = whole(packed.getvalue())
    assert "transparent" in unusual
    assert ("grey" in unusual) == (mode == "LA")
    assert (found == ([200, 0, 0] if mode == "RGBA" else [60, 60, 60])).all()


def test_a_palette_s_colours_are_its_pixels():
    image = np.zeros((4, 6, 3), np.uint8)
    image[:2], image[2:] = [10, 200, 30], [250, 0, 99]
    packed = io.BytesIO()
    Image.fromarray(image).quantize(2).save(packed, "PNG")
    assert b"PLTE" in packed.getvalue()
    found, unusual = whole(packed.getvalue())
    np.testing.assert_array_equal(found, image)
    assert unusual == []


def test_neither_orientation_nor_profile_is_applied():
    image = RNG.integers(0, 256, (4, 6, 3), np.uint8)
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by a quarter
    found, _ = whole(photos.photo(image, exif=exif, icc_profile=b"not a profile"))
    np.testing.assert_array_equal(found, image)


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_a_file_that_is_cut_short_is_refused_wherever_it_is_cut(form):
    content = photos.photo((60, 80, 3), form)
    for share in (0.02, 0.3, 0.6, 0.95):
        with pytest.raises(Unsound, match=r"is damaged|is no JPEG"):
            decoded_image(content[: int(share * len(content))], fit((60, 80)))


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_a_damaged_file_is_refused_or_gives_an_image_of_the_size(data):
    content = bytearray(photos.photo(SOME, data.draw(st.sampled_from(["PNG", "JPEG"]))))
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(Unsound):
        assert decoded_image(bytes(content), fit((10, 10), 12))[0].shape == (10, 10, 3)


@pytest.mark.parametrize("form", ["GIF", "BMP", "TIFF", "WEBP"])
def test_another_format_is_refused_whatever_the_file_is_called(form):
    with pytest.raises(Unsound, match="is no JPEG and no PNG"):
        decoded_image(photos.photo((5, 5, 3), form), fit((5, 5)))


def test_sixteen_bits_a_pixel_would_lose_half_of_them_and_are_refused():
    packed = io.BytesIO()
    Image.fromarray(np.arange(25, dtype=np.uint16).reshape(5, 5) * 1000).save(packed, "PNG")
    with pytest.raises(Unsound, match="expected eight bits for each channel"):
        decoded_image(packed.getvalue(), fit((5, 5)))


def test_a_jpeg_that_is_scanned_again_and_again_is_refused_before_it_is_decoded():
    """Every scan goes over the whole image and takes a few bytes: decoding it would take hours."""
    packed = io.BytesIO()
    Image.new("RGB", (4000, 4000)).save(packed, "JPEG", progressive=True, quality=30)
    content = packed.getvalue()
    assert decoded_image(content, fit((8, 8), 8))[0].shape == (8, 8, 3)
    last = content.rindex(b"\xff\xda")
    with pytest.raises(Unsound, match="2,010 scans of 4,000×4,000 pixels"):
        decoded_image(content + content[last:-2] * 2000, fit((8, 8), 8))


def bomb(height, width):
    """A PNG of a few bytes that declares a size."""

    def chunk(name, content):
        body = name + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(("height", "width"), [(9000, 9000), (2**31 - 1, 2**31 - 1), (1, 2**27), (20_000, 5_000)])
def test_an_image_of_enormous_declared_size_is_refused_before_it_is_decoded(monkeypatch, height, width):
    monkeypatch.setattr(pixels, "_fitted", lambda *_: pytest.fail("it was decoded"))
    with pytest.raises(Unsound, match=r"is too large|is damaged") as caught:
        decoded_image(bomb(height, width), fit((5, 5), 8))
    assert "pixels" in str(caught.value)


def test_an_image_that_resizing_would_make_enormous_is_refused_too():
    with pytest.raises(Unsound, match="would be resized to 1,000×1,000,000 pixels, expected at most 67,108,864"):
        decoded_image(photos.photo((1, 1000, 3)), fit((5, 5), 1000))


def test_an_image_too_small_to_be_cropped_is_refused_where_nothing_is_resized():
    with pytest.raises(Unsound, match="has 4×9 pixels, expected at least 5×5 because images are not resized"):
        decoded_image(photos.photo((4, 9, 3)), fit((5, 5)))
