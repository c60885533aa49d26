"""Hostile packs: real ones, mutated as text, as trees, and as files; a pack of fakes is even verified."""

from __future__ import annotations

import functools
import json
import os
import random
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from faults.commands import MISTAKE, SUMMARY, called
from faults.mutating import mutated_bytes, mutated_tree
from faults.trials import BrokenPromiseError, Sort
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
SHARES = {
    "quickstart": 100,
    "madry2018": 20,
    "carlini2017": 6,
    "deepfool2016": 6,
    "goodfellow2014": 1,
    "szegedy2013": 1,
}
"""Pack -> how often it is drawn: large ones take longer, and hold nothing the small ones do not."""
TOKENS = tuple(
    token.encode("utf-8", "surrogatepass")
    for token in (
        "!!python/object/apply:os.system ['touch ../outside/owned']", "!!python/name:os.system", "!!binary aGk=", "!<!>", "!!set {a, b}",
        "&a [*a, *a]", "&b {<<: *b}", "*unknown", "<<: {a: 1}", "%YAML 1.1\n---\n", "%TAG ! tag:evil:\n---\n", "\n---\n", "\n...\n",
        "[" * 30, "[" * 5000, "{a: " * 1000, "- " * 3000, "? " * 500, "\n" + " " * 2000 + "a: b", "'" , '"', '"\\UFFFFFFFF"', '"\\ud800"',
        '"\\x00"', "|\n", ">-\n", "\t", "\r", "\u2028", "\ufeff", "\x00", "\x1b[31m", "\x85", "\u202e", "\ufffe", "\U0001f600", "e\u0301",
        ".nan", ".inf", "-.inf", "NaN", "1e999", "-1e309", "1e-320", "9" * 30, "9" * 6000, "0x" + "f" * 5000, "0o7", "1_000", "1:30", "0.1.2",
        "007", "+1", "-0", "yes", "~", "null", "2026-01-01", "../../../etc/passwd", "/etc/passwd", "..", ".", "a/../../b", "C:\\x", "\\\\h\\s",
        "a: b: c", ": ", " #", "{{7*7}}", "{% x %}", "<script>", "a" * 100_000, "*" * 5000, "[[[[[[]]]]]]", "(a+)+$", "%n%s%x", "$(touch x)",
        "`touch x`", "; rm x", "\n\n\n", "kind: network", "kind: [network]", "sets: {models.*.*: 1}", "same_as: table-1/*",
    )
)  # fmt: skip
"""Texts put into files: what YAML has beyond data, what parsers choke on, what other programs would run."""
ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 3, 0.5, -0.5, 1e-320, 1e308, 10**30, -(10**30), 2**63, 2**64, 10**400, "nan", "inf", "", " ", "x", "0", "1e400",
    "9" * 400, "-0.0", "1/3", "50%", "a" * 5000, "\u202e", "\u00e9", "e\u0301", "\U0001f600", "\ufeff", "*", "**", "?", "[", "a/b", "../x",
    "/etc/passwd", "..", "~", "CON", "a\nb", "<script>", "{{7*7}}", "{0.__class__}", "%s", "$HOME", "`x`", "None", "true", "table-1/*", "self", "all",
    [], {}, [[]], [None], [1, 2], ["a"], [["a"]], {"a": 1}, {"": ""}, {"kind": "network"}, {"kind": None}, {"kind": "x", "y": [1]}, {"is": "x"},
    ["x"] * 3000, list(range(300)), {str(k): k for k in range(300)}, {"absolute": 1, "because": "b"}, {"relative": -1}, {"first": 10**9},
)  # fmt: skip
"""Values put in the place of others."""
NAMES = ("kind", "model", "data", "attack", "metric", "printed", "margin", "sets", "readings", "train_on", "layers", "", " ", "a.b", "*", "..", "../x",
         "a" * 3000, "x", "rows", "columns", "claims", "same_as", "\u202e", "1", "null", "<<", "a/b", "a\nb", "e\u0301", "relation", "other", "runs")  # fmt: skip
"""Keys that others are renamed to."""


@functools.cache
def texts(name: str) -> dict[str, bytes]:
    """Return the files of a pack of the project."""
    folder = ROOT / "specs" / name
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.yaml"))}


@functools.cache
def trees(name: str) -> dict[str, Any]:
    """Return the same as plain data."""
    return {file: YAML(typ="safe", pure=True).load(text.decode()) for file, text in texts(name).items()}


def make_pack(inside: Path, drawn: random.Random, names: dict[str, int] = SHARES) -> str:
    """Write a mutated pack."""
    name = drawn.choices(list(names), list(names.values()))[0]
    folder = inside / name
    for file, text in texts(name).items():
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(text)
    file = drawn.choice(list(texts(name)))
    way = drawn.choices((_text, _tree, _file), (5, 6, 1))[0]
    return f"{name}/{file}: {way(folder, file, name, drawn)}"


def _text(folder: Path, file: str, name: str, drawn: random.Random) -> str:
    content, what = mutated_bytes(texts(name)[file], drawn, TOKENS)
    (folder / file).write_bytes(content)
    return what


def _tree(folder: Path, file: str, name: str, drawn: random.Random) -> str:
    tree, what = mutated_tree(trees(name)[file], drawn, ODD, NAMES)
    (folder / file).write_text(
        json.dumps(tree, ensure_ascii=False, indent=drawn.choice((None, 1)), default=str)
    )  # JSON is YAML
    return what


def _file(folder: Path, file: str, name: str, drawn: random.Random) -> str:
    way = drawn.choice(_FILES)
    way(folder / file, drawn)
    return f"{way.__name__.strip('_')}"


def _gone(file: Path, drawn: random.Random) -> None:
    file.unlink()


def _empty(file: Path, drawn: random.Random) -> None:
    file.write_bytes(drawn.choice((b"", b"\n", b"# nothing\n", b"\xef\xbb\xbf", b"---\n", b"\0" * 100)))


def _a_folder(file: Path, drawn: random.Random) -> None:
    file.unlink()
    file.mkdir()


def _a_fifo(file: Path, drawn: random.Random) -> None:
    file.unlink()
    os.mkfifo(file)


def _a_link(file: Path, drawn: random.Random) -> None:
    file.unlink()
    file.symlink_to(
        drawn.choice(
            (
                "/etc/passwd",
                "/dev/zero",
                "/dev/stdin",
                "nowhere",
                file.name,
                "..",
                "../../../outside/secret",
                "/proc/self/mem",
            )
        )
    )


def _huge(file: Path, drawn: random.Random) -> None:
    with file.open("r+b") as stream:
        stream.truncate(drawn.choice((2**21 + 1, 2**31, 2**40)))


def _renamed(file: Path, drawn: random.Random) -> None:
    odd = (
        "x.yaml",
        ".yaml",
        "a b.yaml",
        "\u202e.yaml",
        "a\nb.yaml",
        "a" * 200 + ".yaml",
        "-k.yaml",
        "*.yaml",
        "papr.yaml",
        "table-1.yml",
        "\x1b[31m.yaml",
    )
    file.rename(file.parent / drawn.choice(odd))


def _undecodable(file: Path, drawn: random.Random) -> None:
    os.rename(file, os.fsencode(file.parent) + b"/" + drawn.choice((b"\xff.yaml", b"\xed\xa0\x80.yaml", b"a\xc3.yaml")))  # noqa: PTH104


def _doubled(file: Path, drawn: random.Random) -> None:
    (file.parent / "claims").mkdir(exist_ok=True)
    shutil.copy(file, file.parent / "claims" / drawn.choice(("again.yaml", "again.yml", "models.yaml")))


def _other_encoding(file: Path, drawn: random.Random) -> None:
    file.write_bytes(
        file.read_text().encode(drawn.choice(("utf-16", "utf-16-le", "utf-32", "cp037", "latin-1")), "replace")
    )


_FILES: tuple[Callable[[Path, random.Random], None], ...] = (
    _gone, _empty, _a_folder, _a_fifo, _a_link, _huge, _renamed, _undecodable, _doubled, _other_encoding,
)  # fmt: skip


def lint_and_plan(inside: Path) -> str:
    """Lint the pack; plan every fourth in which nothing is wrong. Every mistake has a place and a rule."""
    (pack,) = inside.iterdir()
    status, said = called("lint", pack, statuses={0, 2})
    if status == 0:
        if int(inside.parent.name) % 4 == 0:
            called("plan", pack, statuses={0, 2})
        return "used"
    lines = [
        line for line in said.splitlines() if line and not line.startswith("harness: ") and not SUMMARY.match(line)
    ]
    for line in lines:
        if not MISTAKE.match(line):
            raise BrokenPromiseError(f"a mistake without place or rule: {line[:300]!a}")
    return "refused"


def calm(name: str) -> float:
    """Return the seconds of a processor that the pack takes unharmed."""
    warm()
    begun = time.process_time()
    called("lint", ROOT / "specs" / name)
    called("plan", ROOT / "specs" / name)
    return time.process_time() - begun


@functools.cache
def warm() -> None:
    """Import what the commands need."""
    called("lint", ROOT / "specs" / "quickstart")
    called("plan", ROOT / "specs" / "quickstart")


PACKS = Sort(
    "packs",
    "the files of the six packs of this project, mutated as text, as parsed trees and as whole files: lint, and plan for every fourth one without a mistake",
    make_pack,
    lint_and_plan,
    lambda what: calm(what.partition("/")[0]),
    warm,
)

SORTS = (PACKS,)
