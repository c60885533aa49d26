import contextlib
import os
import struct
import tarfile
import zipfile

import photos
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.sources import Unsound, tree
from harness.sources.tree import opened_tree

FILES = {"b/2.jpg": b"two", "a/deep/er/1.jpg": b"one" * 2000, "note.txt": b"", "a b/ü.png": bytes(range(256))}
STEP = st.text("ab. -_ü", min_size=1, max_size=4).filter(lambda text: text.strip(".") and text.strip() == text)
PATHS = st.lists(STEP, min_size=1, max_size=3).map("/".join)


def packed(files, place):
    """The same files as a folder, a zip, a zip without compression and a tar."""
    photos.zipped(files, place / "deflated.zip")
    photos.zipped(files, place / "stored.zip", zipfile.ZIP_STORED)
    photos.tarred(files, place / "plain.tar")
    return [photos.folder(files, place / "folder"), *(place / f for f in ("deflated.zip", "stored.zip", "plain.tar"))]


def contents(path, inside=""):
    with opened_tree(path, inside) as found:
        return found.paths, dict(found.contents(found.paths))


def refused(path, said, inside=""):
    with pytest.raises(Unsound, match=said) as caught:
        contents(path, inside)
    assert "\n" not in str(caught.value)


def test_a_folder_a_tar_and_a_zip_hold_the_same_files_in_the_same_order(tmp_path):
    for source in packed(FILES, tmp_path):
        assert contents(source) == (sorted(FILES), FILES)


@pytest.mark.slow
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=st.dictionaries(PATHS, st.binary(max_size=2000), min_size=1, max_size=5))
def test_whatever_files_there_are_every_source_gives_them_back(files, tmp_path_factory):
    place = tmp_path_factory.mktemp("tree")
    if any(f"{one}/" in f"{other}/" for one in files for other in files if one != other):
        return  # a folder cannot be a file too
    for source in packed(files, place):
        assert contents(source) == (sorted(files), files)


def test_one_folder_of_a_source_is_looked_at_alone(tmp_path):
    for source in packed(FILES, tmp_path):
        assert contents(source, "a") == (["deep/er/1.jpg"], {"deep/er/1.jpg": FILES["a/deep/er/1.jpg"]})
        assert contents(source, "a/deep/er") == (["1.jpg"], {"1.jpg": FILES["a/deep/er/1.jpg"]})
        assert contents(source, "a/de") == ([], {})


def test_files_are_read_in_the_order_in_which_an_archive_stores_them(tmp_path):
    names = ["c", "a", "b"]
    photos.tarred(dict.fromkeys(names, b"x"), tmp_path / "x.tar")
    photos.zipped(dict.fromkeys(names, b"x"), tmp_path / "x.zip")
    for source in ("x.tar", "x.zip"):
        with opened_tree(tmp_path / source) as found:
            assert [path for path, _ in found.contents(found.paths)] == names


def test_a_tar_of_tars_has_a_folder_for_each_as_ilsvrc_s_training_images(tmp_path):
    inner = {
        f"{name}.tar": photos.tarred({f"{name}_1.JPEG": name.encode(), f"{name}_2.JPEG": b"2"})
        for name in ("n02", "n01")
    }
    photos.tarred(inner, tmp_path / "train.tar")
    paths, found = contents(tmp_path / "train.tar")
    assert paths == ["n01/n01_1.JPEG", "n01/n01_2.JPEG", "n02/n02_1.JPEG", "n02/n02_2.JPEG"]
    assert found["n02/n02_1.JPEG"] == b"n02"


@pytest.mark.parametrize(
    "path", ["../up.jpg", "a/../../up.jpg", "/etc/passwd", "a\\b.jpg", "a//b.jpg", "a/./b.jpg", "a\nb"]
)
def test_a_path_that_leads_out_is_refused_and_nothing_is_written(tmp_path, monkeypatch, path):
    monkeypatch.chdir(tmp_path)
    inside = tmp_path / "in"
    photos.zipped({"good.jpg": b"x", path: b"y"}, inside / "x.zip")
    photos.tarred({"good.jpg": b"x", path: b"y"}, inside / "x.tar")
    photos.tarred({"n01.tar": photos.tarred({path: b"y"})}, inside / "nested.tar")
    before = sorted(tmp_path.rglob("*"))
    for source in ("x.zip", "x.tar", "nested.tar"):
        refused(inside / source, "a path that leads out of it or is invalid")
    assert sorted(tmp_path.rglob("*")) == before


def test_a_leading_dot_of_a_tar_s_paths_means_nothing(tmp_path):
    photos.tarred({"./a/x.jpg": b"x"}, tmp_path / "x.tar")
    photos.zipped({"./a/x.jpg": b"x"}, tmp_path / "x.zip")
    for source in ("x.tar", "x.zip"):
        assert contents(tmp_path / source, "a") == (["x.jpg"], {"x.jpg": b"x"})


def test_links_of_every_sort_are_refused(tmp_path):
    for kind in (tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE):
        photos.tarred({"x.jpg": b""}, tmp_path / "x.tar", type=kind, linkname="/etc/passwd")
        refused(tmp_path / "x.tar", r"holds x\.jpg, which is not a regular file")
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        link = zipfile.ZipInfo("x.jpg")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    refused(tmp_path / "x.zip", r"holds a link, x\.jpg")
    secret = photos.folder({"secret.jpg": b"secret"}, tmp_path / "elsewhere")
    for name, target in (("x.jpg", secret / "secret.jpg"), ("folder", secret), ("nothing.txt", "nowhere")):
        source = photos.folder({"a/good.jpg": b"x"}, tmp_path / f"with-{name}")
        (source / "a" / name).symlink_to(target)
        refused(source, f"holds a link, a/{name}")


def test_a_pipe_in_a_folder_is_refused_without_waiting(tmp_path):
    source = photos.folder({"good.jpg": b"x"}, tmp_path / "x")
    os.mkfifo(source / "pipe.jpg")
    refused(source, r"holds pipe\.jpg, which is not a regular file")


def test_a_source_that_is_itself_a_link_is_followed(tmp_path):
    photos.folder({"good.jpg": b"x"}, tmp_path / "x")
    (tmp_path / "link").symlink_to(tmp_path / "x")
    assert contents(tmp_path / "link")[0] == ["good.jpg"]


def test_a_file_that_became_a_link_after_it_was_listed_is_not_followed(tmp_path):
    source = photos.folder({"good.jpg": b"x", "secret": b"s"}, tmp_path / "x")
    with opened_tree(source) as found:
        (source / "good.jpg").unlink()
        (source / "good.jpg").symlink_to(source / "secret")
        with pytest.raises(Unsound, match=r"good\.jpg, which cannot be read"):
            dict(found.contents(["good.jpg"]))


def test_a_path_that_is_there_twice_is_refused(tmp_path):
    photos.zipped({"x.jpg": b"1", "y.jpg": b"2"}, tmp_path / "x.zip")
    (tmp_path / "x.zip").write_bytes((tmp_path / "x.zip").read_bytes().replace(b"y.jpg", b"x.jpg"))
    (tmp_path / "x.tar").write_bytes(photos.tarred({"x.jpg": b"1"})[:1024] + photos.tarred({"./x.jpg": b"2"}))
    photos.tarred({"n.tar": photos.tarred({"x.jpg": b"1"}), "n/x.jpg": b"2"}, tmp_path / "y.tar")
    for source in ("x.zip", "x.tar", "y.tar"):
        refused(tmp_path / source, r"holds \S*x\.jpg twice")


def test_a_member_of_enormous_size_is_never_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(tree, "MOST_FILE", 1000)
    for source in packed({"bomb.png": bytes(1001)}, tmp_path):
        refused(source, r"bomb\.png.* 1,001 bytes.*expected at most 1,000|at most 1,000 bytes, found 1,001")


def test_a_zip_that_says_less_than_it_unpacks_to_is_damaged(tmp_path):
    photos.zipped({"bomb.png": bytes(10_000_000)}, tmp_path / "x.zip")
    content = (tmp_path / "x.zip").read_bytes()
    assert content.count(struct.pack("<I", 10_000_000)) == 2
    (tmp_path / "x.zip").write_bytes(content.replace(struct.pack("<I", 10_000_000), struct.pack("<I", 10)))
    refused(tmp_path / "x.zip", "is damaged")


def test_more_files_than_any_data_set_has_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(tree, "MOST_FILES", 3)
    for source in packed(FILES, tmp_path):
        refused(source, "holds more than 3 files")


@pytest.mark.parametrize("size", [-1, -512, -(2**62), 2**40, 2**62])
def test_a_tar_s_header_that_says_an_impossible_size_ends_at_once(tmp_path, size):
    """Python's own reader goes round in circles for negative sizes, or reads gigabytes."""
    for kind in (tarfile.REGTYPE, tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_SPARSE):
        header = bytearray(tarfile.TarInfo("x.jpg").tobuf(tarfile.GNU_FORMAT))
        header[124:136] = bytes([255 if size < 0 else 128]) + (size % 2**88).to_bytes(11, "big")
        header[156:157] = kind
        header[148:156] = b" " * 8
        header[148:156] = b"%06o\0 " % sum(header)
        (tmp_path / "x.tar").write_bytes(bytes(header) + bytes(1024) + photos.tarred({"y.jpg": b"y"}))
        refused(tmp_path / "x.tar", "holds x.jpg, which is not a regular file|is damaged")


def test_a_tar_that_is_cut_short_or_damaged_within_is_refused(tmp_path):
    whole = photos.tarred({f"{n}.jpg": bytes(700) for n in range(3)})
    (tmp_path / "x.tar").write_bytes(whole[:1000])
    refused(tmp_path / "x.tar", r"0\.jpg would reach beyond the end")
    damaged = bytearray(whole)
    damaged[1536 + 10] ^= 1  # the second header: tarfile itself takes it for the end
    (tmp_path / "x.tar").write_bytes(damaged)
    refused(tmp_path / "x.tar", "one of its headers is invalid")


@pytest.mark.parametrize("name", ["x.zip", "x.tar", "x.tar.gz", "x.rar"])
@pytest.mark.parametrize("content", [b"", b"PK", b"\0" * 5000, b"text" * 999], ids=["nothing", "PK", "zeros", "text"])
def test_a_file_that_is_no_archive_is_refused(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    if name == "x.tar" and content == b"\0" * 5000:
        assert contents(tmp_path / name) == ([], {})  # a tar of no file ends with zeros
    else:
        refused(tmp_path / name, r"is damaged|is neither a folder nor a file \.tar or \.zip")


def test_an_encrypted_file_is_refused(tmp_path):
    photos.zipped({"x.jpg": b"x"}, tmp_path / "x.zip")
    content = bytearray((tmp_path / "x.zip").read_bytes())
    content[6] |= 1
    content[content.index(b"PK\1\2") + 8] |= 1
    (tmp_path / "x.zip").write_bytes(content)
    refused(tmp_path / "x.zip", "is encrypted")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_archive_is_refused_or_gives_files_of_limited_size(data, tmp_path_factory):
    place = tmp_path_factory.mktemp("damaged")
    name = data.draw(st.sampled_from(["x.zip", "x.tar"]))
    (photos.zipped if name == "x.zip" else photos.tarred)(FILES, place / name)
    content = bytearray((place / name).read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    (place / name).write_bytes(content[: data.draw(st.sampled_from([len(content), len(content) // 2]))])
    with contextlib.suppress(Unsound):
        paths, found = contents(place / name)
        assert set(paths) == set(found)
        assert all(len(each) <= max(len(content), *map(len, FILES.values())) for each in found.values())


def test_nothing_of_an_archive_stays_open(tmp_path):
    photos.tarred(FILES, tmp_path / "x.tar")
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0  # noqa: PTH208, PTH112
    for _ in range(5):
        contents(tmp_path / "x.tar")
    after = len(os.listdir("/proc/self/fd")) if before else 0  # noqa: PTH208
    assert after == before
