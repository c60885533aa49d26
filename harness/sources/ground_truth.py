"""Reads which image is of which class from a ground-truth file, and lists of classes' names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath

from harness.sources import Unsound, printable

MOST_BYTES = 2**28
"""A larger file is refused unread; ILSVRC's largest, Kaggle's list of training images, has 80 million."""
_BETWEEN = re.compile(r"[\s,]+")


def listed_names(content: bytes) -> tuple[str, ...]:
    """Return the first word of each line: Caffe's ``synsets.txt``, or ``synset_words.txt``.

    Raises:
        Unsound: if it is no text, or names a class twice.
    """
    names: dict[str, None] = {}
    for name, *_ in _lines(content):
        if name in names:
            raise Unsound(f"names the class {printable(name)} twice")
        names[name] = None
    return tuple(names)


def labels_by_folder(paths: Iterable[str], names: Sequence[str] | None, classes: int) -> dict[str, int]:
    """Return the label of each image, counted from 0, by the first folder of its path.

    Args:
        paths: of the images.
        names: of the classes in the order of their labels; None where that is the order of the folders' names.
        classes: how many there are.

    Raises:
        Unsound: if an image is in no folder, a folder has the name of no class, or the numbers of folders and classes differ.
    """
    folders = {path: path.partition("/")[0] for path in paths if "/" in path}
    if loose := next((path for path in paths if path not in folders), None):
        raise Unsound(f"holds {loose}, which is not in the folder of a class; name a ground-truth file under 'labels'")
    found = sorted(set(folders.values()))
    if names is None and len(found) != classes:
        raise Unsound(
            f"has {len(found):,} folders of classes, expected {classes:,}; correct 'classes', or name all classes in a file "
            "under 'names'"
        )
    labels = {name: label for label, name in enumerate(found if names is None else names)}
    if other := next((folder for folder in found if folder not in labels), None):
        raise Unsound(
            f"has the folder {other}, which is not the name of a class; remove it, or add it to the file of 'names'"
        )
    return {path: labels[folder] for path, folder in folders.items()}


def labels_by_file(
    content: bytes, paths: Sequence[str], names: Sequence[str] | None, first: int, order: Sequence[str] | None
) -> dict[str, int]:
    """Return the label of each image, counted from 0, by what a ground-truth file says.

    A line holds an image's path, with or without its ending, and its class, between them blanks or a comma; what follows is
    not read. If every line is a single word, they are the classes of all images in the order of their paths.

    Args:
        content: of the file.
        paths: of all images, in order.
        names: of the classes in the order of their labels; None where they are not known.
        first: the number of the first class.
        order: names of the classes in the order of their numbers, where that is not that of the labels.

    Raises:
        Unsound: if it is no text, or does not say one class of each image.
    """
    labels = {name: label for label, name in enumerate(names or ())}
    said = _said(_lines(content), paths)
    found = {truth: _label(truth, labels, first, order) for truth in dict.fromkeys(said.values())}
    return {path: found[truth] for path, truth in said.items()}


def _said(lines: list[list[str]], paths: Sequence[str]) -> dict[str, str]:
    """Return the name or number of each image's class, as text."""
    if all(len(words) == 1 for words in lines):
        if len(lines) != len(paths):
            raise Unsound(f"has {len(lines):,} classes for {len(paths):,} images, expected one for each")
        return {path: words[0] for path, words in zip(paths, lines, strict=True)}
    said: dict[str, str] = {}
    for image, *truth in lines:
        if not truth:
            raise Unsound(f"has {printable(image)!r} alone in a line, expected an image and its class")
        if said.setdefault(image, truth[0]) != truth[0]:
            raise Unsound(f"gives two classes for {printable(image)}")
    found = {path: said.get(path) or said.get(str(PurePosixPath(path).with_suffix(""))) for path in paths}
    if unsaid := [path for path, truth in found.items() if truth is None]:
        raise Unsound(f"gives no class for {len(unsaid):,} of {len(paths):,} images, the first is {unsaid[0]}")
    return {path: truth for path, truth in found.items() if truth is not None}


def _label(truth: str, labels: Mapping[str, int], first: int, order: Sequence[str] | None) -> int:
    if truth in labels:
        return labels[truth]
    if not re.fullmatch(r"[0-9]{1,9}", truth):
        known = (
            "a number, or a name in the file of 'names'"
            if labels
            else "a number; a file under 'names' may name classes"
        )
        raise Unsound(f"gives the class {printable(truth)!r}, expected {known}")
    place = int(truth) - first
    if order is None:
        return place
    if not 0 <= place < len(order):
        raise Unsound(f"gives the class {truth}, but its 'order' has {len(order):,} classes from {first}")
    if order[place] not in labels:
        raise Unsound(
            f"gives the class {truth}, which is {printable(order[place])} in its 'order', but the file of 'names' does not have it"
        )
    return labels[order[place]]


def _lines(content: bytes) -> list[list[str]]:
    """Return the words of each line that has some."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unsound("is not UTF-8 text") from error
    words = ([word for word in _BETWEEN.split(line) if word] for line in text.splitlines())
    return [found for found in words if found]
