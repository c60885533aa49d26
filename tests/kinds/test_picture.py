"""The picture of a claim: what stands where in the grid, and what is told of it."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from harness.examples import Examples
from harness.kinds.picture import GROUND, Picture


def images(values, side=3, channels=1):
    """One flat image of each value."""
    shape = (len(values), side, side, channels)
    return np.broadcast_to(np.array(values, np.float32)[:, None, None, None], shape).copy()


def split(values, **shape):
    return Examples(images(values, **shape), np.zeros(len(values), np.int64), np.arange(len(values)))


def crafted(values, index, **more):
    made = Examples(images(values), np.zeros(len(values), np.int64), np.array(index))
    given = {"found": np.ones(len(values), bool), "distortion": np.full(len(values), 0.1), **more}
    return Examples(made.images, made.labels, made.index, given.get("targets"), given["found"], given["distortion"])


def read(grid):
    return np.asarray(Image.open(BytesIO(grid.png.tobytes())))


def flats(pixels):
    """The grey of each image of a grid, row by row: what lies between stretches of ground."""
    middles = [row for row in pixels if (row != GROUND).any()]
    rows = {tuple(row[row != GROUND][::3]) for row in middles}
    return sorted(rows, key=[tuple(row[row != GROUND][::3]) for row in middles].index)


def test_originals_stand_left_of_what_was_made_of_them_whatever_the_order_they_were_drawn_in():
    clean, made = split([0, 0.2, 0.4, 0.6]), crafted([0.7, 0.1, 0.3], index=[3, 0, 2])
    pixels = read(Picture(rows=2, columns=2).draw(clean, made))
    assert flats(pixels) == [(153, 178, 0, 26), (102, 76)]


def test_only_the_first_images_are_shown_and_the_distortion_is_theirs():
    made = crafted([0.1] * 5, index=[0] * 5, distortion=np.array([0.1, 0.3, 9.0, 9.0, 9.0]))
    grid = Picture(rows=1, columns=2).draw(split([0.0]), made)
    assert grid.shown == 2
    assert grid.distortion == pytest.approx(0.2)


def test_a_grid_with_room_to_spare_ends_with_the_last_row_used():
    made, one = crafted([0.1] * 3, index=[0] * 3), split([0.0])
    pixels = read(Picture(rows=20, columns=2).draw(one, made))
    assert pixels.shape == read(Picture(rows=2, columns=2).draw(one, made)).shape


def test_noise_beyond_black_and_white_is_clipped_to_be_shown_and_that_is_told():
    grid = Picture(rows=1, columns=1).draw(split([0.2]), crafted([1.7], index=[0]))
    assert grid.clipped
    assert flats(read(grid)) == [(51, 255)]
    assert not Picture(rows=1, columns=1).draw(split([0.2]), crafted([1.0], index=[0])).clipped


def test_colours_are_kept():
    clean = split([0.5], channels=3)
    moved = images([0.5], channels=3)
    moved[..., 0] = 1
    made = Examples(moved, clean.labels, clean.index, None, np.array([True]), np.array([0.3]))
    pixels = read(Picture(rows=1, columns=1).draw(clean, made))
    assert pixels.shape[2] == 3
    assert {(128, 128, 128), (255, 128, 128)} == {tuple(map(int, p)) for p in pixels.reshape(-1, 3)}


def test_how_many_are_still_right_is_told_only_where_the_attack_tells_it():
    clean, found = split([0.0]), np.array([True, False, True])
    untargeted = crafted([0.1] * 3, index=[0] * 3, found=found)
    missed = crafted([0.1] * 3, index=[0] * 3, found=found, targets=np.ones(3, np.int64))
    reached = crafted([0.1] * 3, index=[0] * 3, targets=np.ones(3, np.int64))
    shown = [Picture(rows=1, columns=3).draw(clean, made).correct for made in (untargeted, missed, reached)]
    assert shown == [1, None, 0]


def test_the_same_images_give_the_same_bytes():
    clean, made = split([0.1, 0.9]), crafted([0.3, 0.8], index=[1, 0])
    assert np.array_equal(*[Picture(rows=1, columns=2).draw(clean, made).png for _ in range(2)])


def test_between_two_images_stands_their_difference_magnified_on_grey_where_it_is_asked_for():
    clean, made = split([0.4]), crafted([0.42], index=[0])
    assert flats(read(Picture(rows=1, columns=1, difference=10).draw(clean, made))) == [(102, 179, 107)]
    darker = read(Picture(rows=1, columns=1, difference=100).draw(clean, crafted([0.2], index=[0])))
    assert flats(darker) == [(102, 0, 51)]  # cut off at black


@pytest.mark.parametrize("difference", [None, 10])
def test_larger_images_are_shown_as_means_over_their_pixels_and_smaller_ones_as_they_are(difference):
    chequered = np.indices((16, 8)).sum(axis=0)[None, :, :, None] % 2 / 2
    images = np.repeat(chequered.astype(np.float32), 3, axis=-1)
    clean = Examples(images, np.zeros(1, np.int64), np.arange(1))
    made = Examples(images, clean.labels, clean.index, None, np.ones(1, bool), np.zeros(1))
    small = read(Picture(rows=1, columns=1, side=8, difference=difference).draw(clean, made))
    whole = read(Picture(rows=1, columns=1, side=20, difference=difference).draw(clean, made))
    assert small.shape[0] == 8 + 2
    assert set(small.reshape(-1).tolist()) == {64, GROUND}
    assert (whole == read(Picture(rows=1, columns=1, difference=difference).draw(clean, made))).all()


def test_what_a_picture_can_be_asked_for_since_leaves_no_trace_in_the_keys_of_others():
    assert Picture(rows=2, columns=2).model_dump() == {"rows": 2, "columns": 2}
