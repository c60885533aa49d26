import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.sources import Unsound
from harness.sources.ground_truth import labels_by_file, labels_by_folder, listed_names

PATHS = ["a.JPEG", "b.JPEG", "deep/c.png"]
NAMES = ("n01", "n02", "n03")


def by_file(text, names=None, first=0, order=None, paths=PATHS):
    return list(labels_by_file(text.encode(), paths, names, first, order).values())


@pytest.mark.parametrize(
    "text",
    [
        "a.JPEG 2\nb.JPEG 0\ndeep/c.png 1\n",
        "deep/c.png 1\r\nb.JPEG 0\r\n\r\na.JPEG 2",
        "a,2\nb,0\ndeep/c,1",
        "ImageId,PredictionString\nb,0 10 20 30 40\na,2 1 2 3 4 2 9 9 9 9\ndeep/c,1 5 5 5 5\nelse,7\n",
        "2\n0\n1\n",
        "\ufeff 2\n\n 0\n1\n",
    ],
    ids=[
        "Caffe's",
        "of Windows, in another order",
        "without endings",
        "Kaggle's",
        "in order",
        "with a mark and blanks",
    ],
)
def test_each_way_of_saying_it_gives_the_same_labels(text):
    assert by_file(text) == [2, 0, 1]
    with_names = text
    for label, name in enumerate(NAMES):
        with_names = "\n".join(
            line if "ImageId" in line else line.replace(f" {label}", f" {name}").replace(f",{label}", f",{name}")
            for line in with_names.split("\n")
        )
    if "a" in text:
        assert by_file(with_names, NAMES) == [2, 0, 1]


def test_numbers_that_count_from_one_or_in_another_order_become_labels():
    assert by_file("3\n1\n2", first=1) == [2, 0, 1]
    assert by_file("1\n2\n3", NAMES, first=1, order=("n03", "n01", "n02")) == [2, 0, 1]


@given(order=st.permutations(range(5)), first=st.sampled_from([0, 1]))
def test_an_order_of_numbers_is_undone_by_the_names(order, first):
    names = [f"n{label}" for label in range(5)]
    listed = [names[label] for label in order]
    text = "\n".join(str(place + first) for place in range(5))
    paths = [f"{place}.png" for place in range(5)]
    assert by_file(text, names, first, listed, paths) == list(order)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has 0 classes for 3 images"),
        ("1\n2\n", "has 2 classes for 3 images, expected one for each"),
        ("a.JPEG 1\nb.JPEG 1\n", r"gives no class for 1 of 3 images, the first is deep/c\.png"),
        ("a.JPEG 1\na.JPEG 2\nb.JPEG 1\n", r"gives two classes for a\.JPEG"),
        ("a.JPEG 1\nb.JPEG\n", r"has 'b\.JPEG' alone in a line"),
        ("a 1\nb -1\ndeep/c 1", "gives the class '-1', expected a number; a file under 'names'"),
        ("a 1\nb ٣\ndeep/c 1", "expected a number"),
        ("a 1\nb 99999999999999999999\ndeep/c 1", "expected a number"),
        ("\udcff".encode("utf-8", "surrogateescape").decode("latin-1") * 2 + "\n", "has 1 classes for 3 images"),
    ],
)
def test_what_does_not_say_one_class_of_each_image_is_refused(text, said):
    with pytest.raises(Unsound, match=said):
        by_file(text)


def test_a_class_that_no_list_has_is_refused():
    with pytest.raises(Unsound, match="gives the class 'n09', expected a number, or a name in the file of 'names'"):
        by_file("a n01\nb n09\ndeep/c n01", NAMES)
    with pytest.raises(Unsound, match="gives the class 4, but its 'order' has 3 classes from 1"):
        by_file("4\n1\n1", NAMES, 1, NAMES)
    with pytest.raises(Unsound, match="which is n09 in its 'order', but the file of 'names' does not have it"):
        by_file("1\n2\n3", NAMES, 1, ("n01", "n02", "n09"))


def test_bytes_that_are_no_text_are_refused():
    with pytest.raises(Unsound, match="is not UTF-8 text"):
        labels_by_file(b"\xff\xfe1\0", PATHS, None, 0, None)
    with pytest.raises(Unsound, match="is not UTF-8 text"):
        listed_names(b"\xff")


def test_a_list_of_names_is_the_first_word_of_each_line():
    assert listed_names(b"n01440764 tench, Tinca tinca\nn01443537 goldfish\n\n") == ("n01440764", "n01443537")
    with pytest.raises(Unsound, match="names the class n01 twice"):
        listed_names(b"n01 a\nn02 b\nn01 c\n")


def test_the_first_folder_is_the_class_in_the_order_of_the_folders_names():
    paths = ["n02/a.png", "n01/images/b.png", "n02/c.png"]
    assert labels_by_folder(paths, None, 2) == {paths[0]: 1, paths[1]: 0, paths[2]: 1}
    assert list(labels_by_folder(paths, ("n09", "n02", "n01"), 3).values()) == [1, 2, 1]


@pytest.mark.parametrize(
    ("paths", "names", "said"),
    [
        (
            ["n01/a.png", "b.png"],
            None,
            r"holds b\.png, which is not in the folder of a class; name a ground-truth file",
        ),
        (["n01/a.png"], None, "has 1 folders of classes, expected 2; correct 'classes', or name all"),
        (["n01/a.png", "17/b.png"], ("n01", "n02"), "has the folder 17, which is not the name of a class"),
    ],
)
def test_folders_that_are_not_the_classes_are_refused(paths, names, said):
    with pytest.raises(Unsound, match=said):
        labels_by_folder(paths, names, 2)
