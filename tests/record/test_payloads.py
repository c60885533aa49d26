"""What a store holds of a result is a result of its verb, or damaged."""

from __future__ import annotations

import numpy as np
import pytest

from harness.plan import Verb
from harness.record.payloads import mistake, unpack
from harness.store import StoreEntry

PNG = np.frombuffer(b"\x89PNG\r\n\x1a\n" + bytes(20), np.uint8)


def test_a_stored_picture_is_unpacked():
    entry = StoreEntry({"shown": 1}, {"png": PNG})
    assert mistake(Verb.SHOW, entry.body, {}) == ""
    assert unpack(Verb.SHOW, entry).shown == 1


@pytest.mark.parametrize("png", [np.zeros(9, np.uint8), np.zeros((2, 2), np.uint8), PNG.view(np.int32), PNG[:4]])
def test_a_stored_picture_that_is_no_png_file_is_damaged(png):
    with pytest.raises(ValueError, match="expected a PNG file"):
        unpack(Verb.SHOW, StoreEntry({"shown": 1}, {"png": png}))


@pytest.mark.parametrize(
    "body", [{"shown": 0}, {"shown": 1, "distortion": -1.0}, {"shown": 1, "across": -1}, {"shown": 1, "correct": -1}]
)
def test_a_stored_picture_of_impossible_counts_is_damaged(body):
    assert mistake(Verb.SHOW, body, {})
