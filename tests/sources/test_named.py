import hashlib
import os

import pytest

from harness.sources import Unsound
from harness.sources.named import check, find_file, missing, read

CONTENT = b"what is wanted"
DIGEST = hashlib.sha256(CONTENT).hexdigest()


def test_the_first_file_with_the_digest_is_found_and_the_others_are_named_with_what_is_wrong(tmp_path):
    folders = [
        tmp_path / name for name in ("absent", "other", "fifo", "folder", "link", "long", "file", "sound", "later")
    ]
    for folder in folders[1:]:
        folder.mkdir()
    (folders[1] / "w.npz").write_bytes(b"another")
    os.mkfifo(folders[2] / "w.npz")
    (folders[3] / "w.npz").mkdir()
    (folders[4] / "w.npz").symlink_to("nowhere")
    (folders[5] / "w.npz").write_bytes(b"x" * 100)
    folders[6].rmdir()
    folders[6].write_bytes(b"")
    (folders[7] / "w.npz").write_bytes(CONTENT)
    (folders[8] / "w.npz").write_bytes(CONTENT)
    troubles = []
    assert find_file(["w.npz"], DIGEST, folders, 50, troubles) == (folders[7] / "w.npz", CONTENT)
    wrong = [
        "has the SHA-256",
        "a FIFO",
        "a folder",
        "a broken link",
        "expected at most 50 bytes",
        "name its folder",
    ]
    for trouble, folder, part in zip(troubles, folders[1:7], wrong, strict=True):
        assert str(folder) in trouble
        assert part in trouble


def test_names_are_tried_in_order_within_each_folder(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "w").write_bytes(CONTENT)
    assert find_file(["sub/w", "w"], DIGEST, [tmp_path], 50, [])[0] == tmp_path / "w"
    (tmp_path / "sub" / "w").write_bytes(CONTENT)
    assert find_file(["sub/w", "w"], DIGEST, [tmp_path], 50, [])[0] == tmp_path / "sub" / "w"


def test_a_file_where_a_folder_is_named_is_no_file_found(tmp_path):
    (tmp_path / "sub").write_bytes(CONTENT)
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "sub" / "w", 50)


def test_another_digest_is_shown_in_full_with_the_one_expected():
    found = hashlib.sha256(b"other").hexdigest()
    with pytest.raises(Unsound, match=f"has the SHA-256 {found}, expected {DIGEST}"):
        check(b"other", DIGEST)


def test_the_sentence_names_file_digest_folders_troubles_and_remedy(tmp_path):
    sentence = missing("w.npz", DIGEST, [tmp_path], ["x is damaged"])
    for part in ("w.npz", DIGEST, str(tmp_path), "(x is damaged)", "--data-dir", "HARNESS_DATA_DIR"):
        assert part in sentence
    assert "no folder (none was given)" in missing("w.npz", DIGEST, [], [])
