import numpy as np
import pytest

from harness.examples import Examples
from harness.kinds.confirmation import exact_margin
from harness.kinds.smallest import Smallest, sized


class Bands:
    """A victim that calls an image 1 where its brightness is above 0.5 but not between 0.7 and 0.8."""

    image_shape, classes = (2, 2, 1), 2

    def exact_logits(self, images):
        bright = images.astype(float).mean((1, 2, 3))
        above = np.where((bright > 0.5) & ~((bright > 0.7) & (bright < 0.8)), 1.0, -1.0)
        return np.stack([-above, above], axis=1)


START = np.array([0.045, 0.305, 0.445, 0.9])
CLEAN = Examples(
    np.broadcast_to(START[:, None, None, None], (4, 2, 2, 1)).astype(np.float32), np.zeros(4, np.int64), np.arange(4)
)


def brighter(size, some, watch):
    watch(1.0, "done")
    images = (some.images + np.float32(size)).astype(np.float32)
    return some.crafted(images, exact_margin(Bands(), images, *some.criterion) > 0)


def searched(largest, watch=lambda *_: None, **fields):
    made = Smallest(**fields).search(brighter, largest, Bands(), CLEAN, watch)
    return made, (made.images - CLEAN.images).mean((1, 2, 3))


def test_each_image_gets_the_smallest_size_of_the_grid_that_succeeds_and_one_that_is_wrong_already_none():
    made, size = searched(0.6, among=60)
    np.testing.assert_allclose(size, [0.46, 0.2, 0.06, 0.0], atol=1e-6)
    assert made.found.all()


def test_an_image_that_no_size_suffices_for_ends_at_the_largest_and_is_not_found():
    made, size = searched(0.3, among=30)
    assert made.found.tolist() == [False, True, True, True]
    assert size[0] == pytest.approx(0.3)


def test_the_size_that_larger_ones_undo_is_found():
    assert brighter(0.44, CLEAN, lambda *_: None).found.tolist() == [False, False, True, True]
    made, size = searched(0.44, among=44)
    assert made.found.tolist() == [False, True, True, True]
    assert size[1] == pytest.approx(0.2)


@pytest.mark.parametrize(("above", "size"), [(0.2, 0.0), (0.25, 0.06), (0.5, 0.2), (0.75, 0.5)])
def test_one_size_for_all_is_the_smallest_with_which_more_than_the_share_is_found(above, size):
    made, used = searched(0.6, among=60, error_above=above)
    np.testing.assert_allclose(used, size, atol=1e-6)
    assert made.found.mean() > above


def test_where_no_size_is_enough_for_so_many_all_images_have_the_largest():
    made, used = searched(0.15, among=15, error_above=0.9)
    np.testing.assert_allclose(used, 0.15, atol=1e-6)
    assert made.found.tolist() == [False, False, True, True]


def test_progress_grows_to_the_end():
    seen = []
    searched(0.3, lambda done, note: seen.append(done), among=30)
    assert seen == sorted(seen)
    assert seen[-1] == pytest.approx(1.0)


def test_without_a_search_the_attack_is_made_at_its_own_size():
    made = sized(None, brighter, 0.3, Bands(), CLEAN, lambda *_: None)
    np.testing.assert_allclose((made.images - CLEAN.images).mean((1, 2, 3)), 0.3, atol=1e-6)


def test_the_clean_images_are_left_alone():
    before = CLEAN.images.copy()
    Smallest(among=5).search(brighter, 0.6, Bands(), CLEAN.read_only(), lambda *_: None)
    np.testing.assert_array_equal(CLEAN.images, before)
