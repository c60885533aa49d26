"""Equal files give equal archives, and a touched byte of an archive is put down to the file it belongs to."""

import io
import os
import zipfile

import numpy as np
import pytest

from harness.files import UnfitError
from harness.zipped import Content, UnsoundZip, put_zip, readings, touched, write_zip

FILES = {"b/two.txt": b"two, longer", "a.json": b"{}", "b/ü": b"", "b/zz": bytes(range(256))}


def packed(files=FILES):
    stream = io.BytesIO()
    write_zip(stream, {name: Content.of(content) for name, content in files.items()})
    return stream.getvalue()


def unpacked(archive):
    """Name -> content, by the first reading."""
    stream = io.BytesIO(archive)
    return {each.name: b"".join(each.content(stream).pieces()) for each in readings(stream)[0]}


def test_what_was_written_is_read_again_here_and_by_python_s_own_reader():
    assert unpacked(packed()) == FILES
    with zipfile.ZipFile(io.BytesIO(packed())) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == FILES
        assert archive.testzip() is None


def test_equal_files_give_equal_bytes_whatever_their_order_their_place_and_their_time(tmp_path):
    shuffled = list(FILES)
    np.random.default_rng(1).shuffle(shuffled)
    assert packed({name: FILES[name] for name in shuffled}) == packed()
    (tmp_path / "zz").write_bytes(FILES["b/zz"])
    os.utime(tmp_path / "zz", (1e9, 1e9))
    stream = io.BytesIO()
    write_zip(
        stream, {name: Content.of(each) for name, each in FILES.items()} | {"b/zz": Content.in_file(tmp_path / "zz")}
    )
    assert stream.getvalue() == packed()


def owner(offset):
    """The file a byte of the archive belongs to; empty for the end of the archive."""
    members = readings(io.BytesIO(packed()))[0]
    at = members[-1].end
    for each in members:
        if each.header <= offset < each.end:
            return each.name
    for each in members:
        at += 46 + len(each.name.encode())
        if members[-1].end <= offset < at:
            return each.name
    return ""


def named(archive):
    """The files of which anything is otherwise, by the reading that has their names; and whether the end is."""
    stream = io.BytesIO(archive)
    found = readings(stream)
    members = next(each for each in found if {one.name for one in each} == FILES.keys())
    contents = {each.name: b"".join(each.content(stream).pieces()) for each in members}
    names, end = touched(stream, members)
    return {*names, *(name for name in FILES if contents[name] != FILES[name])}, end


@pytest.mark.parametrize("bit", [0, 7])
def test_every_touched_byte_is_put_down_to_its_file_and_to_no_other(bit):
    whole = packed()
    assert named(whole) == (set(), False)
    for offset in range(len(whole)):
        spoilt = bytearray(whole)
        spoilt[offset] ^= 1 << bit
        names, end = named(bytes(spoilt))
        assert (names, end) == (({owner(offset)}, False) if owner(offset) else (set(), True)), offset


def repacked(compression=zipfile.ZIP_STORED, names=FILES):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", compression) as archive:
        for name in names:
            archive.writestr(name, b"x" * 1000)
    return stream.getvalue()


@pytest.mark.parametrize(
    "archive",
    [
        b"",
        b"PK\x05\x06" + bytes(18),
        b"mine",
        packed()[:-1][: len(packed()) // 2],
        b"before" + packed(),
        repacked(zipfile.ZIP_DEFLATED),
        repacked(zipfile.ZIP_BZIP2),
    ],
    ids=["nothing", "empty", "text", "half", "something before it", "deflate", "bzip2"],
)
def test_what_harness_does_not_write_is_refused(archive):
    with pytest.raises(UnsoundZip, match="is not an archive that harness wrote"):
        readings(io.BytesIO(archive))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_files_of_one_name_are_refused():
    with pytest.raises(UnsoundZip):
        readings(io.BytesIO(repacked(names=["a", "a"])))


def test_random_bytes_in_an_archive_end_in_a_clean_error_or_are_found():
    drawn = np.random.default_rng(7)
    for _ in range(300):
        spoilt = bytearray(packed())
        for _ in range(drawn.integers(2, 41)):
            spoilt[drawn.integers(len(spoilt))] = drawn.integers(256)
        stream = io.BytesIO(bytes(spoilt))
        try:
            for members in readings(stream):
                assert sum(each.size for each in members) <= len(spoilt)
                touched(stream, members)
        except UnsoundZip:
            continue


def ours(names):
    return "a.json" in names


def test_an_archive_is_replaced_where_it_is_ours_and_left_where_it_is_the_same_or_another_file(tmp_path):
    contents = {name: Content.of(content) for name, content in FILES.items()}
    file = tmp_path / "a.zip"
    assert put_zip(file, contents, ours)
    assert not put_zip(file, contents, ours)
    assert put_zip(file, {"a.json": Content.of(b"[]")}, ours)
    assert unpacked(file.read_bytes()) == {"a.json": b"[]"}
    for other in (b"mine", packed({"b": b""})):
        file.write_bytes(other)
        with pytest.raises(UnfitError, match="another file has this name and was not changed"):
            put_zip(file, contents, ours)
        assert file.read_bytes() == other
    assert list(tmp_path.iterdir()) == [file]
