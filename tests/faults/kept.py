"""Hostile records, reports, bundles, exports and stores: what harness itself wrote, in the hands of somebody else."""

from __future__ import annotations

import atexit
import contextlib
import functools
import hashlib
import json
import os
import random
import shutil
import stat
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import fakes
import handed
import pytest
from faults import packs
from faults.commands import called
from faults.mutating import mutated_bytes, mutated_tree
from faults.packs import ROOT
from faults.trials import BrokenPromiseError, Sort
from ruamel.yaml import YAML

from harness.api import bundle
from harness.record.file import CHECKSUM, _checksum
from harness.report.folder import render
from harness.report.manifest import NAME, manifest_text
from harness.upkeep.sending import export_results
from harness.zipped import Content, write_zip

ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**63, 10**30, 0.5, -0.0, 1e-320, 1e99, 1e100, -1e100, 1e308, "", " ", "x", "a" * 3000, "\u202e", "\x1b[31m\x1b[2J",
    "\x1b]0;title\x07", "\x00", "\u009b31m", "\ufffe", "<script>alert(1)</script>", "`", "{{7*7}}", "NaN", "1E+400", "00.10", "\u0661", "../../outside/x",
    "/etc/passwd", "file:///etc/passwd", "http://localhost/x", "a\nb", "2026-13-45", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", [], {}, [[]],
    [None], [1, 2, 3], {"": ""}, {"a": {"a": 1}}, ["a"], ["x"] * 2000, {str(k): k for k in range(300)}, "iVBORw0KGgo=", "iVBORw0KGgo" + "A" * 400,
)  # fmt: skip
NAMES = (
    "",
    "a",
    "../x",
    "\x1b[31m",
    "\u202e",
    "table-1/bright/error",
    "format",
    "kind",
    "<b>",
    "a" * 3000,
    "claims",
    "1",
)
RAW = (
    "1e999",
    "-1e999",
    "9" * 400,
    "9" * 5000,
    "[" * 2000 + "]" * 2000,
    '"\\ud800"',
    "NaN",
    "Infinity",
    '{"a":' * 2000,
)
TOKENS = (b'"', b"{", b"}", b"[", b"]", b",", b"null", b"NaN", b"1e999", b"\\u001b[31m", b"\\ud800", b"\xff", b"\x00", b'"format": 2', b"9" * 5000, b"[" * 3000)  # fmt: skip
ZIPPED = (b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06", b"../", b"/etc/", b"\xff" * 8, b"\0" * 4, b"manifest.sha256")


@functools.cache
def lab() -> Path:
    """Return the folder of a lab that audited the pack of fakes, with a bundle and an export; it goes with the process."""
    folder = Path(tempfile.mkdtemp(prefix="faults-lab-"))
    owner = os.getpid()
    atexit.register(lambda: shutil.rmtree(folder, ignore_errors=True) if os.getpid() == owner else None)
    handed.audited(folder, paper=fakes.PAPER + fakes.READINGS)
    with contextlib.chdir(folder), known():
        bundle(handed.REPORT, Path("b.zip"))
        export_results(handed.STORE, [handed.REPORT], Path("e.zip"))
    return folder


@contextlib.contextmanager
def known() -> Iterator[None]:
    """Know the kinds of fakes, and write reports without their PDF, which takes seconds, in a process of its own."""
    with pytest.MonkeyPatch.context() as patch, fakes.registered(patch):
        for place in ("harness.pipeline.render", "harness.report.render"):
            patch.setattr(place, functools.partial(_without_pdf))
        yield


def _without_pdf(*given: Any, pdf: bool = True, **named: Any) -> Any:
    return render(*given, pdf=False, **named)


RECORDS = ("fakes", "madry2018", "carlini2017")
MOST_SECONDS = 2
"""Time limit of a verify of a pack that somebody else wrote."""


@functools.cache
def record_text(name: str) -> str:
    """Return the text of a record."""
    folder = lab() / handed.REPORT if name == "fakes" else ROOT / "reports" / "published" / name
    return (folder / "record" / "results.json").read_text()


@functools.cache
def record_tree(name: str) -> dict[str, Any]:
    """Return the same without its checksum."""
    tree: dict[str, Any] = json.loads(record_text(name))
    del tree[CHECKSUM]
    return tree


def hostile_record(drawn: random.Random) -> tuple[str, bytes, str]:
    """Return the name, the text of a mutated record, and what was done to it."""
    name = drawn.choices(RECORDS, (8, 1, 1))[0]
    way = drawn.randrange(5)
    if way == 0:
        content, what = mutated_bytes(record_text(name).encode(), drawn, TOKENS)
        return name, content, f"{name} as text, {what}"
    if way == 1:
        tree, what = mutated_tree(record_tree(name), drawn, ("@@raw@@",), NAMES, 1)
        return name, json.dumps(tree).replace('"@@raw@@"', drawn.choice(RAW)).encode(), f"{name} raw, {what}"
    tree, what = mutated_tree(record_tree(name), drawn, ODD, NAMES, 2)
    if isinstance(tree, dict) and way < 4:
        tree = {**tree, CHECKSUM: _checksum(tree)}
    return name, json.dumps(tree).encode(), f"{name} as a tree, {what}"


def make_record(inside: Path, drawn: random.Random) -> str:
    """Write the report folder of a mutated record, and another to compare it with."""
    name, content, what = hostile_record(drawn)
    _write_records(inside, name, content)
    return what


def _write_records(inside: Path, name: str, content: bytes) -> None:
    for folder, text in (("report", content), ("other", record_text(name).encode())):
        (inside / folder / "record").mkdir(parents=True)
        (inside / folder / "record" / "results.json").write_bytes(text)


def use_record(inside: Path) -> str:
    """Judge, explain, compare, show and bundle the record, and look for it in an index and a store."""
    with known():
        status, said = called("judge", "report")
        called("judge", "report", "--json")
        first = next((word for word in said.split() if word.count("/") >= 1 and word[0].isalpha()), "table-1")
        called("explain", first.strip(",:;"), "report")
        called("compare", "other", "report", "--html", "c.html")
        called("report", "report", "--out", "again")
        called("index", ".")
        called("bundle", "report", "-o", "b.zip")
        called("check", "report")
    return "refused" if status == 2 else "used"


def make_bundle(inside: Path, drawn: random.Random) -> str:
    """Write a mutated bundle, or one that somebody packed and sealed who knows how."""
    whole = (lab() / "b.zip").read_bytes()
    way = drawn.randrange(3)
    if way == 0:
        content, what = mutated_bytes(whole, drawn, ZIPPED)
        (inside / "b.zip").write_bytes(content)
        return what
    with zipfile.ZipFile(lab() / "b.zip") as archive:
        files = {name.removeprefix("fakes/"): archive.read(name) for name in archive.namelist()}
    path = drawn.choice([name for name in files if name != NAME])
    if path == "record/results.json":
        files[path] = hostile_record(drawn)[1]
    else:
        files[path] = mutated_bytes(files[path], drawn, TOKENS)[0]
    odd = drawn.choice(
        (
            "x",
            "../outside",
            "/etc/outside",
            "a/../../b",
            "a\\b",
            "\x1b[31m",
            "\u202e",
            "a//b",
            "record",
            "record/results.json/x",
            "",
            ".",
            "a" * 300,
            "specs/fakes/x.yaml",
        )
    )
    if drawn.random() < 0.5:
        files[odd] = b"mine"
    if drawn.random() < 0.8:
        digests = {name: hashlib.sha256(each).hexdigest() for name, each in files.items() if name != NAME}
        files[NAME] = manifest_text(digests, drawn.choice(("record/results.json",) * 8 + ("", "x", "../x"))).encode(
            "utf-8", "replace"
        )
    if way == 1:
        with (inside / "b.zip").open("w+b") as stream:
            write_zip(
                stream,
                {f"{drawn.choice(('fakes',) * 30 + ('..',))}/{name}": Content.of(each) for name, each in files.items()},
            )
    else:
        with zipfile.ZipFile(
            inside / "b.zip", "w", drawn.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2))
        ) as archive:
            for name, each in files.items():
                entry = zipfile.ZipInfo(f"fakes/{name}")
                entry.external_attr = drawn.choice((0o100644, 0o120777, stat.S_IFCHR | 0o600)) << 16
                archive.writestr(entry, each)
    return f"packed anew with {path} changed and {odd!a}"


def use_bundle(inside: Path) -> str:
    """Check the bundle, as text and as JSON, and unpack nothing."""
    before = sorted(inside.iterdir())
    with known():
        status, _ = called("check", "b.zip")
        called("check", "b.zip", "--json")
        called("judge", "b.zip")
    if sorted(inside.iterdir()) != before:
        raise BrokenPromiseError("a bundle was unpacked beside itself")
    return "refused" if status == 2 else "used"


def make_export(inside: Path, drawn: random.Random) -> str:
    """Write a mutated export of a store."""
    whole = (lab() / "e.zip").read_bytes()
    if drawn.random() < 0.5:
        content, what = mutated_bytes(whole, drawn, ZIPPED)
        (inside / "e.zip").write_bytes(content)
        return what
    with zipfile.ZipFile(lab() / "e.zip") as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    path = drawn.choice(list(files))
    if path.endswith("entry.json") and drawn.random() < 0.8:
        wrapped = json.loads(files[path])
        tree, what = mutated_tree(json.loads(wrapped["content"]), drawn, ODD, NAMES, 2)
        text = json.dumps(tree, sort_keys=True)
        files[path] = json.dumps({"sha256": hashlib.sha256(text.encode()).hexdigest(), "content": text}).encode()
    else:
        files[path], what = mutated_bytes(files[path], drawn, (b"\x93NUMPY", b"|O", b"{", b"\xff" * 8))
    if drawn.random() < 0.3:
        files[
            drawn.choice(("../outside", "tensorflow-cpu/../../x", "/etc/x", "tensorflow-cpu/train/00/x", "\x1b[31m"))
        ] = b"mine"
    with (inside / "e.zip").open("w+b") as stream:
        write_zip(stream, {name: Content.of(each) for name, each in files.items()})
    return f"{path.rpartition('/')[2]}, {what}"


def use_export(inside: Path) -> str:
    """Import the export into a new store, list and verify that, and verify the pack from it."""
    with known():
        status, _ = called("store", "import", "e.zip", "--store", "store")
        if status == 2:
            return "refused"
        called("store", "ls", "--store", "store")
        if called("store", "verify", "--store", "store")[0] != 0:
            raise BrokenPromiseError("a store is damaged after an import")
        fakes.write_pack(Path("fakes"), paper=fakes.PAPER + fakes.READINGS)
        called("verify", "fakes", "--store", "store", "--out", "reports", "--device", "cpu")
    return "used"


def make_store(inside: Path, drawn: random.Random) -> str:
    """Write a store of which some files were changed, and whose entries have right digests again or not."""
    shutil.copytree(lab() / handed.STORE, inside / "store")
    files = [path for path in sorted((inside / "store").rglob("*")) if path.is_file()]
    done = []
    for file in drawn.sample(files, drawn.choice((1, 1, 3, 10))):
        if file.name == "entry.json" and drawn.random() < 0.6:
            wrapped = json.loads(file.read_bytes())
            tree, what = mutated_tree(json.loads(wrapped["content"]), drawn, ODD, NAMES, 2)
            text = json.dumps(tree, sort_keys=True)
            file.write_text(json.dumps({"sha256": hashlib.sha256(text.encode()).hexdigest(), "content": text}))
        elif drawn.random() < 0.2:
            what = _in_its_place(file, drawn)
        else:
            content, what = mutated_bytes(file.read_bytes(), drawn, TOKENS)
            file.write_bytes(content)
        done.append(f"{file.relative_to(inside)}: {what}")
    return "; ".join(done)[:600]


def _in_its_place(file: Path, drawn: random.Random) -> str:
    file.unlink()
    way = drawn.choice(("nothing", "a folder", "a FIFO", "a link", "another file"))
    if way == "a folder":
        file.mkdir()
    elif way == "a FIFO":
        os.mkfifo(file)
    elif way == "a link":
        file.symlink_to(
            drawn.choice(
                ("/etc/passwd", "/dev/zero", "nowhere", str(file.absolute().parents[5] / "outside" / "secret"))
            )
        )
    elif way == "another file":
        others = [path for path in file.parents[3].rglob(file.name) if path != file and path.is_file()]
        if others:
            shutil.copy(drawn.choice(others), file)
    return way


def use_store(inside: Path) -> str:
    """List, verify, export and go on with the store."""
    with known():
        called("store", "ls", "--store", "store")
        status, _ = called("store", "verify", "--store", "store")
        shutil.copytree(lab() / handed.REPORT, "report")
        called("store", "gc", "report", "--store", "store")
        called("store", "export", "report", "-o", "e.zip", "--store", "store")
        fakes.write_pack(Path("fakes"), paper=fakes.PAPER + fakes.READINGS)
        called("verify", "fakes", "--store", "store", "--out", "reports", "--device", "cpu", "--readings", "all")
        called("judge", "reports/fakes")
    return "refused" if status == 1 else "used"


def make_verified(inside: Path, drawn: random.Random) -> str:
    """Write a mutated pack of fakes."""
    fakes.write_pack(inside / "specs" / "fakes", paper=fakes.PAPER + fakes.READINGS)
    file = drawn.choice(sorted((inside / "specs").rglob("*.yaml")))
    if drawn.random() < 0.3:
        content, what = mutated_bytes(file.read_bytes(), drawn, packs.TOKENS, 2)
        file.write_bytes(content)
    else:
        tree, what = mutated_tree(YAML(typ="safe", pure=True).load(file.read_text()), drawn, packs.ODD, packs.NAMES, 2)
        file.write_text(json.dumps(tree, ensure_ascii=False, default=str))
    return f"{file.name}: {what}"


def use_verified(inside: Path) -> str:
    """Verify the pack within two seconds; where it is one, its report is as it was written and can be judged again."""
    with known():
        given = ("--time-limit", f"{MOST_SECONDS}s", "--device", "cpu", "--out", "reports", "--store", "store")
        if called("verify", "specs", *given)[0] == 2:
            return "refused"
        called("judge", "reports/fakes")
        if (status := called("check", "reports/fakes")[0]) != 0:
            raise BrokenPromiseError(f"check ends with {status} right after a verify")
    return "used"


def _seconds(write: Callable[[Path], object], use: Callable[[Path], str]) -> float:
    """Return the seconds of a processor that it takes to use what is written, which nobody harmed."""
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        write(Path(folder))
        begun = time.process_time()
        use(Path(folder))
        return time.process_time() - begun


def _record_seconds(what: str) -> float:
    name = what.partition(" ")[0]
    return _seconds(lambda inside: _write_records(inside, name, record_text(name).encode()), use_record)


def _pack_seconds(_: str) -> float:
    return _seconds(
        lambda inside: fakes.write_pack(inside / "specs" / "fakes", paper=fakes.PAPER + fakes.READINGS), use_verified
    )


def _export_seconds(what: str) -> float:
    """Of an export of which a part is lost the rest is computed."""
    whole = _seconds(lambda inside: shutil.copy(lab() / "e.zip", inside), use_export)
    return whole + _pack_seconds(what)


@functools.cache
def _warm() -> None:
    """Do each command once, and make the lab."""
    drawn = random.Random(0)  # noqa: S311  no secret hangs on it
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        make: Sequence[tuple[Callable[..., Any], Callable[[Path], str]]] = (
            (make_record, use_record), (make_bundle, use_bundle), (make_export, use_export), (make_store, use_store), (make_verified, use_verified),
        )  # fmt: skip
        for each, use in make:
            place = Path(folder, each.__name__)
            place.mkdir()
            with contextlib.chdir(place), contextlib.suppress(BrokenPromiseError):
                each(place, drawn)
                use(place)


SORTS: Sequence[Sort] = (
    Sort(
        "packs verified",
        "a pack with kinds that need no backend, mutated as text and as a parsed tree: verify, judge, check",
        make_verified,
        use_verified,
        lambda what: _pack_seconds(what) + MOST_SECONDS,
        _warm,
    ),
    Sort(
        "records",
        "a record, mutated as text and as a parsed tree, with a correct checksum or not: judge, explain, compare, report, index, bundle, check",
        make_record,
        use_record,
        _record_seconds,
        _warm,
    ),
    Sort(
        "bundles",
        "a bundle with changed bytes, or packed again with a correct manifest after files were changed or added: check, judge",
        make_bundle,
        use_bundle,
        lambda _: _seconds(lambda inside: shutil.copy(lab() / "b.zip", inside), use_bundle),
        _warm,
    ),
    Sort(
        "exports",
        "an export of a store with changed bytes, or packed again: store import, and verify with the imported results",
        make_export,
        use_export,
        _export_seconds,
        _warm,
    ),
    Sort(
        "stores",
        "files of a store changed, replaced or removed: store ls, verify, gc and export, and verify with the remaining results",
        make_store,
        use_store,
        lambda _: _seconds(lambda inside: (inside / "store").mkdir(), use_store),  # of one that is lost all is computed
        _warm,
    ),
)
