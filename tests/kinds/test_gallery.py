"""A gallery: whose images are where, and what is told of them."""

from io import BytesIO

import numpy as np
from PIL import Image

from harness.examples import Examples
from harness.kinds.gallery import GalleryDrawing
from harness.kinds.picture import GROUND
from harness.metrics.top_purity import TopPurity
from harness.metrics.top_similarity import TopSimilarity
from harness.streams import Streams

SIDE = 3
STREAMS = Streams(0, 1)


class Pixels:
    image_shape = (SIDE, SIDE, 1)
    classes = 2


def flats(n=20):
    """Flat images, each of a grey of its own, so that every pixel is the same unit."""
    greys = np.linspace(0.05, 0.95, n, dtype=np.float32)
    return Examples(
        np.broadcast_to(greys[:, None, None, None], (n, SIDE, SIDE, 1)).copy(), np.arange(n) % 2, np.arange(n)
    )


def drawing(*sides, rows=2):
    return GalleryDrawing(rows=rows, sides=sides)


def greys(grid, rows):
    """The grey of each image, row by row."""
    pixels = np.asarray(Image.open(BytesIO(grid.png.tobytes())))
    middles = pixels[2 :: SIDE + 1][:rows]
    return [row[row != GROUND][::SIDE].tolist() for row in middles]


def test_each_row_holds_a_unit_s_top_images_from_the_largest_on_and_right_of_them_a_direction_s():
    units, directions = TopPurity(top=3), TopPurity(top=2, basis="directions")
    data = flats()
    grid = drawing(units, directions).draw([(Pixels(), data)] * 2, STREAMS)
    shade = np.rint(255 * data.images[:, 0, 0, 0]).astype(int)
    along = directions.tops(Pixels(), data, STREAMS)
    assert greys(grid, 2) == [[*shade[[19, 18, 17]], *shade[along[row]]] for row in (0, 1)]
    assert (grid.shown, grid.across) == (10, 5)


def test_it_shows_the_units_that_are_measured_in_the_same_run():
    data, metric = (
        Examples(
            np.random.default_rng(0).uniform(size=(30, SIDE, SIDE, 1)).astype(np.float32),
            np.zeros(30, np.int64),
            np.arange(30),
        ),
        TopSimilarity(top=4),
    )
    grid = drawing(metric, rows=3).draw([(Pixels(), data)], STREAMS)
    pixels = np.asarray(Image.open(BytesIO(grid.png.tobytes())))
    first = data.images[metric.tops(Pixels(), data, STREAMS)[0, 0], :, :, 0]
    np.testing.assert_array_equal(pixels[1 : 1 + SIDE, 1 : 1 + SIDE], np.rint(255 * first).astype(np.uint8))


def test_it_says_in_a_sentence_what_is_shown():
    says = drawing(TopPurity(), TopPurity(basis="directions")).draw([(Pixels(), flats())] * 2, STREAMS).says
    assert says == (
        "In each row the 8 images with the largest activation, the largest first: 2 units of the pixels on the left, 2 random directions of the pixels on the right."
    )
    alone = drawing(TopPurity(basis="directions", count=1)).draw([(Pixels(), flats())], STREAMS).says
    assert alone.endswith(": 1 random direction of the pixels.")


def test_what_is_shown_enters_the_key_and_so_does_the_run():
    recipes = [
        drawing(TopPurity()),
        drawing(TopPurity(), rows=3),
        drawing(TopPurity(top=9)),
        drawing(TopSimilarity()),
        drawing(TopPurity(), TopPurity()),
    ]
    assert len({recipe.fingerprint() for recipe in recipes}) == len(recipes)
    assert all(recipe.random for recipe in recipes)


def test_larger_images_are_made_smaller_in_a_gallery_too():
    asked = GalleryDrawing(rows=2, sides=(TopPurity(top=3),), side=None)
    assert "side" not in asked.model_dump()
    data = Examples(np.zeros((20, 16, 16, 1), np.float32), np.arange(20) % 2, np.arange(20))
    data.images[:, :8] = np.linspace(0, 1, 20, dtype=np.float32)[:, None, None, None]
    victim = type("Sixteen", (Pixels,), {"image_shape": (16, 16, 1)})()
    sides = (TopPurity(top=3, basis="directions"),)
    shapes = [
        np.asarray(
            Image.open(
                BytesIO(GalleryDrawing(rows=2, sides=sides, side=side).draw([(victim, data)], STREAMS).png.tobytes())
            )
        ).shape
        for side in (None, 8)
    ]
    assert shapes == [(2 * 17 + 1, 3 * 17 + 1), (2 * 9 + 1, 3 * 9 + 1)]
