import hashlib
import subprocess
import tracemalloc

import numpy as np
import photos
import pytest

from harness.sources import Unsound, photographs
from harness.sources.photographs import image_paths
from harness.sources.pixels import Fit
from harness.sources.tree import opened_tree

FIT = Fit((8, 8), 8, "bilinear", 3)
GOOD = {f"n{n % 2}/{n}.png": photos.photo((8, 8, 3)) for n in (3, 1, 2, 0)}


def read(files, place, most_unusable=0, fit=FIT):
    photos.tarred(files, place / "x.tar")
    with opened_tree(place / "x.tar") as tree:
        return photographs.photographs(tree, image_paths(tree.paths), fit, most_unusable)


def test_images_come_in_the_order_of_their_paths_whatever_the_order_of_the_archive(tmp_path):
    found = read(GOOD, tmp_path)
    again = read(dict(sorted(GOOD.items())), tmp_path)
    np.testing.assert_array_equal(found.images, again.images)
    assert found.sha256 == again.sha256
    assert found.images.dtype == np.float32
    assert 0 <= found.images.min() < found.images.max() <= 1
    assert found.used.all()
    assert found.told == "4 image files"


def test_the_digest_is_that_of_the_list_that_sha256sum_prints(tmp_path):
    files = {"a/1.png": GOOD["n1/1.png"], "a b/2.png": GOOD["n0/2.png"], "Z/é.png": GOOD["n1/3.png"]}
    photos.folder(files, tmp_path / "x")
    command = "find * -type f | LC_ALL=C sort | tr '\\n' '\\0' | xargs -0 sha256sum"
    printed = subprocess.run(["sh", "-c", command], cwd=tmp_path / "x", capture_output=True, check=True).stdout
    assert read(files, tmp_path).sha256 == hashlib.sha256(printed).hexdigest()


def test_another_byte_another_name_or_an_image_less_is_another_digest(tmp_path):
    renamed = {"n9/0.png" if path == "n0/0.png" else path: content for path, content in GOOD.items()}
    changed = GOOD | {"n0/0.png": GOOD["n0/0.png"] + b"\0"}
    fewer = dict(list(GOOD.items())[1:])
    assert len({read(files, tmp_path).sha256 for files in (GOOD, renamed, changed, fewer)}) == 4


def test_what_is_unusual_is_named_and_what_cannot_be_used_left_out(tmp_path):
    files = GOOD | {
        "n0/grey.png": photos.photo((8, 8)),
        "n0/tiny.png": photos.photo((8, 7, 3)),
        "n0/cut.png": photos.photo((60, 60, 3))[:3000],
        "n1/text.jpg": b"text",
    }
    found = read(files, tmp_path, most_unusable=2)
    assert found.unusual == {
        "grey": ["n0/grey.png"],
        "tiny": ["n0/tiny.png"],
        "unusable": ["n0/cut.png", "n1/text.jpg"],
    }
    assert found.told == "8 image files (1 grey, 1 tiny, 2 unusable)"
    assert found.named("unusable").startswith("n0/cut.png is damaged: ")
    assert found.named("unusable").endswith("n1/text.jpg is no JPEG and no PNG")
    assert found.named("cmyk") == ""
    paths = sorted(files)
    assert [path for path, used in zip(paths, found.used, strict=True) if not used] == ["n0/cut.png", "n1/text.jpg"]
    kept = {path: content for path, content in files.items() if path not in ("n0/cut.png", "n1/text.jpg")}
    np.testing.assert_array_equal(found.images, read(kept, tmp_path).images)


def test_of_many_only_the_first_are_named(tmp_path):
    found = read({f"a/{n}.png": photos.photo((8, 8)) for n in range(8)}, tmp_path)
    assert found.named("grey") == "a/0.png, a/1.png, a/2.png, a/3.png, a/4.png, 3 more"


def test_an_archive_of_nothing_usable_is_given_up_soon(tmp_path, monkeypatch):
    monkeypatch.setattr(photographs, "PATIENCE", 3)
    looked = []
    decoded = photographs.decoded_image
    monkeypatch.setattr(photographs, "decoded_image", lambda *given: looked.append(1) or decoded(*given))
    with pytest.raises(Unsound, match="has 5 images that cannot be used, such as"):
        read({f"a/{n}.png": b"text" for n in range(50)}, tmp_path, most_unusable=2)
    assert len(looked) == 5
    with pytest.raises(Unsound, match=r"has 1 image that cannot be used, such as a/0\.png, which is no JPEG"):
        read({"a/0.png": b"text"}, tmp_path, most_unusable=9)


def test_what_is_no_image_by_its_name_is_not_looked_at(tmp_path):
    others = ["README.txt", "a/.hidden.png", ".git/x.png", "__MACOSX/a/._x.png", "a/Thumbs.db", "labels.csv"]
    assert image_paths([*others, "a/x.JPEG", "a/y.Jpg", "b.png"]) == ["a/x.JPEG", "a/y.Jpg", "b.png"]


def test_images_are_held_once(tmp_path):
    """The peak is the array itself, and what one image takes."""
    fit = Fit((128, 128), None, "bilinear", 3)
    files = {f"a/{n}.png": photos.photo(np.full((128, 128, 3), n)) for n in range(60)}
    files["a/5.png"] = b"text"
    photos.tarred(files, tmp_path / "x.tar")
    with opened_tree(tmp_path / "x.tar") as tree:
        tracemalloc.start()
        found = photographs.photographs(tree, image_paths(tree.paths), fit, 1)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    size = 60 * 128 * 128 * 3 * 4
    assert len(found.images) == 59
    assert found.images.base.nbytes == size
    assert peak < 1.15 * size
