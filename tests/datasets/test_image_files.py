import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import photos
import pytest
from pydantic import ValidationError

from harness.datasets.image_files import ImagesOfFiles
from harness.errors import DataMissing, Infeasible
from harness.kinds.registry import discover

discover()
SOLID = {"n01": (250, 10, 10), "n02": (10, 250, 10), "n03": (10, 10, 250)}
FILES = {
    f"{name}/{name}_{n}.png": photos.photo(np.full((12, 16, 3), colour) + n)
    for name, colour in SOLID.items()
    for n in range(4)
}
"""Four images of each of three classes, which are told apart by the brightest channel."""
FLAT = {path.partition("/")[2]: content for path, content in FILES.items()}


def text(place, name, lines):
    """A text file in a folder of data, as a field names it."""
    content = "\n".join(lines).encode()
    place.mkdir(parents=True, exist_ok=True)
    (place / name).write_bytes(content)
    return {"file": name, "sha256": hashlib.sha256(content).hexdigest()}


def images(*, split="train", size=8, resize=10, classes=3, rest=(), **files):
    return ImagesOfFiles.model_validate(
        {split: {"source": "x"} | files, "size": size, "resize": resize, "classes": classes} | dict(rest)
    )


def load(recipe, place):
    return recipe((place,))


@pytest.fixture(params=["x", "x.zip", "x.tar", "nested.tar"])
def source(request, tmp_path):
    """The images as a folder, a zip, a tar, and a tar of a tar for each class."""
    if request.param == "x":
        photos.folder(FILES, tmp_path / "x")
    elif request.param == "x.zip":
        photos.zipped(dict(reversed(FILES.items())), tmp_path / "x.zip")
    elif request.param == "x.tar":
        photos.tarred(FILES, tmp_path / "x.tar")
    else:
        inner = {
            f"{name}.tar": photos.tarred({p.partition("/")[2]: c for p, c in FILES.items() if p.startswith(name)})
            for name in SOLID
        }
        photos.tarred(inner, tmp_path / "nested.tar")
    return request.param


def test_folders_of_classes_give_the_same_images_and_labels_in_whatever_they_are_packed(source, tmp_path):
    splits = load(images(source=source), tmp_path)
    train = splits["train"]
    assert train.images.shape == (12, 8, 8, 3)
    np.testing.assert_array_equal(train.labels, np.repeat([0, 1, 2], 4))
    np.testing.assert_array_equal(train.images.mean((1, 2)).argmax(1), train.labels)
    np.testing.assert_array_equal(train.images[5], np.full((8, 8, 3), (11, 251, 11), np.float32) / np.float32(255))
    np.testing.assert_array_equal(train.index, np.arange(12))
    assert splits.origin.startswith(f"train: 12 image files of {source}; decoded by Pillow ")
    assert splits.notes[0].startswith(f"train: 12 image files of {tmp_path / source}; their list has the SHA-256 ")
    photos.folder(FILES, tmp_path / "again")
    other = images(source="again")
    assert other.digest(load(other, tmp_path)) == other.digest(splits)


def test_a_declared_digest_holds_for_every_way_of_packing(source, tmp_path):
    sha256 = load(images(source=source), tmp_path).notes[0].split()[-1]
    assert len(load(images(source=source, sha256=sha256), tmp_path)["train"]) == 12
    with pytest.raises(DataMissing) as caught:
        load(images(source=source, sha256="0" * 64), tmp_path)
    for part in (source, sha256, "0" * 64, "--data-dir", "HARNESS_DATA_DIR", str(tmp_path)):
        assert part in str(caught.value)


def test_other_images_in_an_earlier_folder_are_passed_over_where_a_digest_is_declared(tmp_path):
    photos.folder(FILES, tmp_path / "good" / "x")
    photos.folder(FILES | {"n01/more.png": FILES["n01/n01_0.png"]}, tmp_path / "other" / "x")
    sha256 = load(images(), tmp_path / "good").notes[0].split()[-1]
    splits = images(sha256=sha256)((tmp_path / "other", tmp_path / "good"))
    assert len(splits["train"]) == 12
    assert splits.notes[0].startswith(
        f"passed over: the list of the images of {tmp_path / 'other' / 'x'} has the SHA-256"
    )


def test_images_that_are_nowhere_are_missing_with_the_sentence_that_repairs_it(tmp_path):
    (tmp_path / "x.zip").symlink_to("nothing")
    with pytest.raises(DataMissing, match=r"no source x\.zip in .*is a broken link.*--data-dir or HARNESS_DATA_DIR"):
        load(images(source="x.zip"), tmp_path)
    with pytest.raises(DataMissing, match=r"no folder \(none was given\)"):
        images()(())


def test_ground_truth_says_the_classes_of_images_in_no_folder(tmp_path):
    photos.zipped(FLAT, tmp_path / "val.zip")
    classes = [list(SOLID).index(path[:3]) for path in sorted(FLAT)]
    order = text(tmp_path, "ids.txt", ["n03", "n01", "n02"])
    names = text(tmp_path, "names.txt", SOLID)
    numbers = [str({"n03": 1, "n01": 2, "n02": 3}[path[:3]]) for path in sorted(FLAT)]
    ways = [
        (text(tmp_path, "val.txt", [f"{path} {label}" for path, label in zip(sorted(FLAT), classes, strict=True)]), {}),
        (text(tmp_path, "lines.txt", [str(label + 1) for label in classes]) | {"first": 1}, {}),
        (
            text(tmp_path, "names-of.csv", [f"{path.removesuffix('.png')},{path[:3]}" for path in FLAT]),
            {"names": names},
        ),
        (text(tmp_path, "ilsvrc.txt", numbers) | {"first": 1, "order": order}, {"names": names}),
    ]
    for labels, rest in ways:
        test = load(images(split="test", source="val.zip", labels=labels, rest=rest), tmp_path)["test"]
        np.testing.assert_array_equal(test.labels, classes)
        np.testing.assert_array_equal(test.images.mean((1, 2)).argmax(1), test.labels)


def test_names_give_folders_the_classes_of_a_network_that_knows_more(tmp_path):
    photos.folder({path: content for path, content in FILES.items() if "n02" not in path}, tmp_path / "x")
    names = text(tmp_path, "synset_words.txt", ["n00 none", "n03 third, best", "n02 second", "n01 first"])
    train = load(images(classes=4, rest={"names": names}), tmp_path)["train"]
    np.testing.assert_array_equal(train.labels, np.repeat([3, 1], 4))


def test_a_folder_of_the_source_is_a_split(tmp_path):
    photos.zipped(
        {f"train/{p}": c for p, c in FILES.items()} | {f"val/{p}": c for p, c in FILES.items()}, tmp_path / "x.zip"
    )
    both = ImagesOfFiles.model_validate(
        {
            split: {"source": "x.zip", "inside": inside, "per_class": count}
            for split, inside, count in (("train", "train", 3), ("test", "val", 1))
        }
        | {"size": 12, "classes": 3}
    )
    splits = load(both, tmp_path)
    assert both.splits == ("train", "test")
    assert [len(splits[name]) for name in both.splits] == [9, 3]
    assert splits["train"].images.shape == (9, 12, 12, 3)


def test_some_of_each_class_and_some_of_all_are_drawn_by_the_seed_alone(tmp_path):
    photos.folder(FILES, tmp_path / "x")
    photos.zipped(dict(reversed(FILES.items())), tmp_path / "x.zip")
    whole = load(images(), tmp_path)["train"]

    def drawn(**files):
        train = load(images(**files), tmp_path)["train"]
        rows = [int(np.flatnonzero((whole.images == image).all((1, 2, 3)))[0]) for image in train.images]
        assert rows == sorted(rows)
        np.testing.assert_array_equal(train.labels, whole.labels[rows])
        return rows

    for count in (1, 2, 3):
        np.testing.assert_array_equal(np.bincount(whole.labels[drawn(per_class=count)]), [count] * 3)
    assert drawn(per_class=9) == list(range(12))
    assert len(drawn(images=5)) == 5
    assert drawn(images=99) == list(range(12))
    assert len(drawn(per_class=2, images=5)) == 5
    assert set(drawn(per_class=2, images=5)) <= set(drawn(per_class=2))
    assert drawn(per_class=2) == drawn(per_class=2, source="x.zip")
    assert len({tuple(drawn(images=6, seed=seed)) for seed in range(8)}) > 4


UNUSUAL = {
    "grey": photos.photo((12, 16)),
    "cmyk": photos.photo((12, 16, 3), "JPEG", "CMYK"),
    "transparent": photos.photo((12, 16, 3), mode="RGBA"),
    "tiny": photos.photo((12, 7, 3)),
    "unusable": photos.photo((60, 60, 3))[:2000],
}


@pytest.mark.parametrize("sort", UNUSUAL)
def test_what_is_unusual_is_named_counted_and_refused_beyond_its_share(tmp_path, sort):
    photos.folder(FILES | {"n03/odd.png": UNUSUAL[sort]}, tmp_path / "x")
    allowed = images(rest={"at_most": {sort: 1 / 13}})
    splits = load(allowed, tmp_path)
    assert splits.origin.startswith(f"train: 13 image files (1 {sort}) of x; ")
    assert splits.notes[1].startswith(f"train: {sort}: n03/odd.png")
    assert len(splits["train"]) == len(splits["train"].labels) == (12 if sort == "unusable" else 13)
    assert splits["train"].labels.tolist()[:12] == np.repeat([0, 1, 2], 4).tolist()
    with pytest.raises(Infeasible) as caught:
        load(images(rest={"at_most": {sort: 0.07}}), tmp_path)
    for part in (f"1 of 13 images are {sort}; expected at most 0", "n03/odd.png", f"at_most: {{{sort}: …}}"):
        assert part in str(caught.value)


def test_a_share_is_counted_without_the_errors_of_its_binary_digits(tmp_path):
    many = {f"n01/{n}.png": photos.photo((12, 12)) if n < 29 else FILES["n01/n01_0.png"] for n in range(100)}
    photos.folder(many | {"n02/x.png": FILES["n02/n02_0.png"]}, tmp_path / "x")
    some = {"source": "x", "inside": "n01"}
    truth = text(tmp_path, "t.txt", ["0"] * 100)
    assert (
        len(load(images(labels=truth, classes=2, rest={"at_most": {"grey": 0.29}}, **some), tmp_path)["train"]) == 100
    )


def test_grey_images_are_nothing_unusual_where_grey_is_asked_for(tmp_path):
    photos.folder({path: photos.photo((12, 16)) for path in FILES}, tmp_path / "x")
    train = load(images(rest={"channels": "grey", "at_most": {"grey": 0.0}}), tmp_path)["train"]
    assert train.images.shape == (12, 8, 8, 1)


FAULTS = {
    "no image": ({"readme.txt": b"x"}, {}, r"source x cannot be used: it holds no image: no file \.jpg"),
    "an image in no folder": ({"a.png": b"x"}, {}, r"holds a\.png, which is not in the folder of a class"),
    "other classes": (FILES, {"classes": 4}, "has 3 folders of classes, expected 4"),
    "too many bytes": (FILES, {"size": 10_000, "resize": 10_000}, "12 of 10000×10000×3 have 14,400,000,000 bytes as float32"),
    "a link": (None, {}, "source x cannot be used: it holds a link"),
    "a bomb": (FILES | {"n01/bomb.png": photos.photo((1, 2000, 3))}, {"resize": 200}, "1 of 13 images are unusable.*bomb"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_what_the_fields_do_not_say_is_said_in_one_sentence(tmp_path, fault):
    files, fields, said = FAULTS[fault]
    photos.folder(FILES if files is None else files, tmp_path / "x")
    if files is None:
        (tmp_path / "x" / "n01" / "z.png").symlink_to("/etc/passwd")
    with pytest.raises(Infeasible, match=said) as caught:
        load(images(**fields), tmp_path)
    assert "\n" not in str(caught.value)


def test_a_class_beyond_the_last_says_what_may_be_wrong(tmp_path):
    photos.folder(FLAT, tmp_path / "x")
    truth = text(tmp_path, "t.txt", ["1"] * 11 + ["3"])
    with pytest.raises(
        Infeasible, match=r"file t\.txt cannot be used: it gives the class 3 for n03_3\.png, expected 0 to 2"
    ):
        load(images(labels=truth), tmp_path)
    photos.folder({"more.png": FLAT["n01_0.png"]}, tmp_path / "x")
    with pytest.raises(Infeasible, match="has 12 classes for 13 images"):
        load(images(labels=truth), tmp_path)
    with pytest.raises(DataMissing, match=r"no file t\.txt with the SHA-256 1{64}"):
        load(images(labels=truth | {"sha256": "1" * 64}), tmp_path)
    with pytest.raises(Infeasible, match="the file of 'names' has 2 classes, expected 3"):
        load(images(rest={"names": text(tmp_path, "n.txt", ["a", "b"])}), tmp_path)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"train": None}, "at least one of train and test"),
        ({"size": 12, "resize": 10}, "expected resize of at least the size's longer side, 12; found 10"),
        ({"size": (12, 8), "resize": (12, 7)}, "expected resize of at least the size 12×8; found 12×7"),
        ({"train": {"source": "../x"}}, "without '..'"),
        ({"train": {"source": "/x"}}, "no absolute path"),
        ({"train": {"source": "x", "inside": "a/../.."}}, "without '..'"),
        ({"at_most": {"grey": 1.5}}, "less than or equal to 1"),
        ({"classes": 1}, "greater than or equal to 2"),
    ],
)
def test_fields_that_cannot_be_are_mistakes_of_the_spec(fields, said):
    with pytest.raises(ValidationError, match=said):
        ImagesOfFiles.model_validate({"train": {"source": "x"}, "size": 8, "classes": 3} | fields)


def test_the_shape_of_the_images_is_known_before_they_are_read():
    assert images(size=(5, 7), resize=None).known("image_shape") == (5, 7, 3)
    assert images(rest={"channels": "grey"}).known("image_shape") == (8, 8, 1)
    assert images().known("classes") == 3


DATA = os.environ.get("HARNESS_DATA_DIR", "")
SAMPLE = "imagenet_sample.zip"
MEASURE = """
import sys
from pathlib import Path
from harness.datasets.image_files import ImagesOfFiles
splits = ImagesOfFiles.model_validate(
    {"train": {"source": sys.argv[2], "sha256": sys.argv[3]}, "classes": 1000, "size": 227, "resize": (256, 256)}
)((Path(sys.argv[1]),))
train = splits["train"]
assert train.images.shape == (1000, 227, 227, 3) and (train.labels == range(1000)).all()
# Of this program alone: ru_maxrss has that of the process it was forked from.
print(next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM")) // 1024)
"""


@pytest.mark.slow
@pytest.mark.skipif(not (DATA and (Path(DATA) / SAMPLE).is_file()), reason=f"needs {SAMPLE} in HARNESS_DATA_DIR")
def test_a_thousand_images_of_imagenet_take_little_more_memory_than_their_pixels():
    digest = "e7b98b5d11421d964b5f452fc5ce5b2eda78eaf4e3b164c5def5cdc786db23ed"
    ended = subprocess.run(
        [sys.executable, "-c", MEASURE, DATA, SAMPLE, digest], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    pixels = 1000 * 227 * 227 * 3 * 4 / 2**20
    assert pixels < int(ended.stdout) < pixels + 400
