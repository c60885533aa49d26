"""Hostile files of other programs: weights, arrays, pickles and images, each given to the kind that reads it.

Half of them are files as their programs write them, mutated; the other half are made by somebody who knows the format: they
ask for code, promise what is not there, name themselves in characters that steer a terminal, or unpack to far more than they are.
"""

from __future__ import annotations

import functools
import gzip
import hashlib
import io
import json
import os
import pickle
import random
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import photos
import written
from faults.commands import clean
from faults.mutating import mutated_bytes
from faults.trials import Sort
from PIL import Image

from harness.datasets.image_files import ImagesOfFiles
from harness.datasets.npz import ArraysOfAFile
from harness.errors import HarnessError
from harness.sources import Unsound
from harness.sources.pickled import gunzip, unpickle
from harness.trainings.weights_file import WeightsFile

NAMES = ("layer-1/kernel", "layer-1/bias", "conv.weight", "a/b/c", "\x1b[2J\x1b[31m", "\u202e", "\ud800", "../../outside", "/etc/passwd", "a" * 5000,
         "", " ", "\n\n", "x\x00y", "<script>", "\U0001f600", "{0}", "%s")  # fmt: skip
"""Names of arrays: usual ones, and those that steer a terminal, lead elsewhere, or are no text."""
SIDES = (0, 1, 2, 3, -1, 2**31, 2**62, 2**63 - 1, 2**63, 10**30)


class Runs:
    """A pickle that would run a function."""

    def __init__(self, what: Callable[..., Any], *given: Any) -> None:
        self.what, self.given = what, given

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self.what, self.given


def hostile_object(drawn: random.Random) -> Any:
    """Return what a pickle must not hold."""
    return drawn.choice(
        (
            Runs(os.system, "touch ../outside/owned"), Runs(eval, "open('../outside/owned', 'w')"), Runs(open, "../outside/owned", "w"),
            Runs(__import__, "antigravity"), Runs(np.load, "x"), Runs(getattr, os, "system"), Runs(Path, "x"), {1, 2}, bytearray(b"x"), 1j, Runs,
            nested(drawn), {("a", ("b",)): 1}, "\ud800", 10**5000, [[]] * 3, np.array([object()], dtype=object), ...,
        )
    )  # fmt: skip


def nested(drawn: random.Random) -> Any:
    """Return a small value with more parts than can be counted: each is the same part twice."""
    found: Any = drawn.choice((1, "a", b"a", None))
    for _ in range(drawn.choice((3, 30, 60))):
        found = (found, found)
    return found


def deep(drawn: random.Random) -> bytes:
    """Return a pickle of lists, tuples or dictionaries within one another."""
    levels = drawn.choice((50, 900, 100_000))
    return (
        b"\x80\x02"
        + drawn.choice((b"]" * levels + b"a" * (levels - 1), b"N" + b"\x85" * levels, b"(" * levels, b"}" * levels))
        + b"."
    )


OPCODES = tuple(
    code for name, code in vars(pickle).items() if name.isupper() and isinstance(code, bytes) and len(code) == 1
)


PARTS = (
    b"cnumpy\ndtype\n", b"cnumpy.core.multiarray\n_reconstruct\n", b"ccollections\nOrderedDict\n", b"cos\nsystem\n",
    b"ctorch\nFloatStorage\n", b"ctorch._utils\n_rebuild_tensor_v2\n", b"K\x01", b"X\x01\x00\x00\x00a", b"U\x02f4", b"(", b"t", b")", b"}", b"]",
    b"\x85", b"\x86", b"\x87", b"R", b"b", b"s", b"u", b"a", b"e", b"2", b"0", b"q\x00", b"h\x00", b"\x94", b"\x8c\x01a", b"\x93", b"Q", b"N",
    b"J\xff\xff\xff\x7f", b"\x8b\xff\xff\xff\x7f", b"T\xff\xff\xff\x7f", b"\x8e" + b"\xff" * 8, b"I10\n", b"L1L\n",
    b"r\xff\xff\xff\x7f", b"j\xff\xff\xff\x7f", b"p99999999\n", b"F1e999\n", b"V\\ud800\n", b"S'\\x1b[31m'\n",
)  # fmt: skip
"""Opcodes with plausible arguments, and with hostile ones."""


def opcodes(drawn: random.Random) -> bytes:
    """Return a pickle of drawn opcodes."""
    more = b"\x8a\x08" + drawn.randbytes(8)
    parts = [drawn.choice((drawn.choice(OPCODES), more, *PARTS)) for _ in range(drawn.randint(1, 40))]
    return b"\x80\x04" + b"".join(parts) + b"."


TWICE = b"K\x01" + b"2\x86" * 60
"""A tuple of one tuple twice, and so on: whoever hashes or prints it never ends."""
ENDLESS = (
    b"\x80\x02}" + TWICE + b"K\x01s.", b"\x80\x02}(" + TWICE + b"K\x01u.", b"\x80\x02(" + TWICE + b"K\x01d.", b"\x80\x04\x8f(" + TWICE + b"\x90.",
    b"\x80\x02cnumpy\ndtype\n" + TWICE + b"\x85R.", b"\x80\x02ccollections\nOrderedDict\n](" + TWICE + b"K\x01\x86e\x85R.",
    b"\x80\x02ctorch\nFloatStorage\n}X\x04\x00\x00\x00nameX\x0b\x00\x00\x00HalfStoragesb.", b"\x80\x02ctorch._utils\n_rebuild_tensor\n}X\x01\x00\x00\x00aK\x01sb.",
)  # fmt: skip
"""Pickles that would hash or print such a tuple, or change what reads the next file."""


def any_pickle(drawn: random.Random) -> bytes:
    """Return a pickle of arrays that was mutated, or a hostile one."""
    way = drawn.randrange(4)
    if way == 0:
        return mutated_bytes(_good_pickle(), drawn, PICKLED)[0]
    if way == 1:
        return deep(drawn)
    if way == 2:
        return drawn.choice((opcodes(drawn), opcodes(drawn), drawn.choice(ENDLESS)))
    protocol = drawn.choice((0, 2, 4, 5))
    try:
        return pickle.dumps({b"data": hostile_object(drawn), b"labels": [1]}, protocol=protocol)
    except Exception:  # noqa: BLE001  some cannot be pickled by each protocol
        return opcodes(drawn)


PICKLED = (b"(", b"t", b"R", b"b", b"\x85", b"cos\nsystem\n", b"cnumpy\nndarray\n", b"U\x02O8", b"\x8b\xff\xff\xff\x7f", b"K\xfb", b"J\xff\xff\xff\xff", b"N", b"0", b"2", b"h\x00", b"q\x00")  # fmt: skip


@functools.cache
def _good_pickle() -> bytes:
    return pickle.dumps({"data": np.arange(12, dtype=np.uint8).reshape(3, 4), "labels": [1, 2, 3]}, protocol=3)


def arrays(drawn: random.Random) -> dict[str, np.ndarray]:
    """Return arrays by name: those of a small network, and others."""
    found = {"layer-1/kernel": np.ones((4, 3), np.float32), "layer-1/bias": np.zeros(3, np.float32)}
    if drawn.random() < 0.5:
        value = drawn.choice(
            (
                np.ones((4, 3), np.float64) * 1e300,
                np.full((4, 3), np.nan, np.float32),
                np.ones((4, 3), np.int64),
                np.ones((3, 4), np.float32),
            )
        )
        found["layer-1/kernel"] = value
    for _ in range(drawn.choice((0, 0, 1, 3, 200))):
        found.setdefault(drawn.choice(NAMES), np.ones(2, np.float32))
    return found


def _plain(found: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return arrays whose names every writer can write."""
    return {
        name: each
        for name, each in found.items()
        if name.strip() and "\x00" not in name and name.isascii() and not name.startswith("/")
    }


def make_npz(drawn: random.Random) -> bytes:
    """Return an ``.npz`` file."""
    way = drawn.randrange(5)
    if way <= 1:
        return mutated_bytes(
            written.npz(_plain(arrays(drawn)), compressed=drawn.random() < 0.5),
            drawn,
            (b"PK\x01\x02", b"PK\x05\x06", b"\x93NUMPY", b"|O", b"<f4", b"\xff" * 8),
        )[0]
    packed = io.BytesIO()
    method = drawn.choice(
        (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA)
    )
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name in ("layer-1/kernel", "layer-1/bias", *drawn.sample(NAMES, 3)):
            name = name.encode("utf-8", "replace").decode()  # noqa: PLW2901
            header = drawn.choice(
                (
                    "{'descr': '<f4', 'fortran_order': False, 'shape': (4, 3), }",
                    f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({drawn.choice(SIDES)}, {drawn.choice(SIDES)}), }}",
                    "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", "{'descr': '|V0', 'fortran_order': False, 'shape': (4, 3), }",
                    "{'descr': [('a', '<f4', (1000000000, 1000000000))], 'fortran_order': False, 'shape': (4, 3), }",
                    "{'descr': '<U" + "9" * 30 + "', 'fortran_order': False, 'shape': (4, 3), }", "(" * 3000, "{'shape': " + "-" * 3000 + "1}",
                    "__import__('os').system('touch ../outside/owned')", "{'descr': '<f4', 'fortran_order': 1, 'shape': [4, 3], }", "'" + "a" * 5000, "9" * 5000, "{**1}",
                )
            )  # fmt: skip
            head = header.encode() + b"\n"
            version = drawn.choice(((1, 0), (1, 0), (2, 0), (3, 0), (9, 9)))
            size = struct.pack("<H" if version == (1, 0) else "<I", drawn.choice((len(head), len(head), 0, 0xFFFF)))
            body = drawn.choice(
                (
                    np.ones((4, 3), np.float32).tobytes(),
                    b"",
                    b"\0" * 100,
                    pickle.dumps(Runs(os.system, "touch ../outside/owned")),
                )
            )
            archive.writestr(f"{name}.npy", b"\x93NUMPY" + bytes(version) + size + head + body)
        if drawn.random() < 0.3:
            archive.writestr("bomb.npy", b"\0" * 30_000_000)
    return packed.getvalue()


def make_safetensors(drawn: random.Random) -> bytes:
    """Return a ``.safetensors`` file."""
    good = written.safetensors({name: each for name, each in arrays(drawn).items() if str(each.dtype) in written.NAMES})
    way = drawn.randrange(3)
    if way == 0:
        return mutated_bytes(
            good, drawn, (b'"', b"{", b"]", b"null", b"-1", b"1e999", b"\xff" * 8, b"NaN", b"\\ud800")
        )[0]
    if way == 1:
        header = drawn.choice(
            (
                b"[" * 100_000, b'{"a":' * 50_000, b"9" * 100_000, b"{}", b"[]", b"null", b'{"\\ud800": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}',
                json.dumps({str(k): {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for k in range(drawn.choice((10, 20_000)))}).encode(),
                json.dumps({"a" * k: {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for k in range(1, 1200)}).encode(),
                json.dumps({"b" + "a" * 2_000_000: {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}}).encode(),
                json.dumps({"x": {"dtype": drawn.choice(("F32", "BF16", "\x1b[31m", "", "F999")), "shape": [drawn.choice(SIDES)] * drawn.choice((1, 40, 5000)), "data_offsets": [0, drawn.choice(SIDES)]}}).encode(),
            )
        )  # fmt: skip
        return (
            struct.pack("<Q", drawn.choice((len(header), len(header), len(header) + 1, 2**63, 0)))
            + header
            + b"\0" * drawn.choice((0, 4))
        )
    return good


def make_hdf5(drawn: random.Random) -> bytes:
    """Return a ``.weights.h5`` file."""
    import h5py

    if drawn.random() < 0.6:
        return mutated_bytes(
            _good_hdf5(), drawn, (b"\x89HDF", b"TREE", b"HEAP", b"SNOD", b"OHDR", b"FRHP", b"\xff" * 8, b"\0" * 8), 3
        )[0]
    packed = io.BytesIO()
    with h5py.File(packed, "w", libver=drawn.choice(("earliest", "latest"))) as file:
        for name in ("layer-1/kernel", *drawn.sample(NAMES, 2)):
            way = drawn.randrange(7)
            name = name.replace("\x00", "") or "empty"  # noqa: PLW2901
            try:
                if way == 0:
                    file[name] = h5py.SoftLink(drawn.choice(("/layer-1", "/nowhere", "/")))
                elif way == 1:
                    file[name] = h5py.ExternalLink(drawn.choice(("/etc/passwd", "../outside/secret")), "/")
                elif way == 2:
                    file.create_dataset(name, shape=(2**20, 2**20), chunks=(1024, 1024), compression="gzip", dtype="f4")
                elif way == 3:
                    file.create_dataset(
                        name,
                        shape=(4, 3),
                        dtype="f4",
                        external=[(drawn.choice(("/etc/passwd", "../outside/secret")), 0, 48)],
                    )
                elif way == 4:
                    file[name] = np.ones((4, 3), "f4")
                elif way == 5:
                    file.create_dataset(name, shape=(4, 3), dtype=h5py.special_dtype(vlen=str))
                else:
                    file[f"{name}/x"] = file["/"]
            except Exception:  # noqa: BLE001, S112  not every name can be each of them
                continue
    return packed.getvalue()


@functools.cache
def _good_hdf5() -> bytes:
    return written.hdf5(
        {"layer-1/kernel": np.ones((4, 3), np.float32), "layer-1/bias": np.zeros(3, np.float32), "a/b/c": np.ones(2)}
    )


def make_caffemodel(drawn: random.Random) -> bytes:
    """Return a ``.caffemodel`` file."""
    layers = {
        name.encode("utf-8", "replace").decode(): [np.ones((3, 4), np.float32), np.zeros(3, np.float32)]
        for name in drawn.sample(NAMES, 3)
    }
    good = written.caffemodel(
        {"ip": [np.ones((3, 4), np.float32), np.zeros(3, np.float32)], **layers}, version=drawn.randrange(3)
    )
    way = drawn.randrange(3)
    if way == 0:
        return mutated_bytes(good, drawn, (b"\xff" * 10, b"\x0a\x00", b"\x80" * 9, b"\xa2\x06", b"\x3a\x7f"))[0]
    if way == 1:
        return drawn.choice(
            (
                b"\x08\x00" * drawn.choice((10, 300_000, 2_000_000)), written.field(100, written.field(1, b"\xff\xfe") + written.field(7, b"")),
                written.field(100, written.field(1, b"a") + written.field(7, written.field(7, written.field(1, b"\x01" * 1_000_000)))),
                written.field(100, written.field(1, b"a") + written.field(7, b"") * 100_000), written.field(100, b"") * 200_000,
                functools.reduce(lambda inner, _: written.field(2, written.field(1, inner)), range(200), b""),
            )
        )  # fmt: skip
    return good


def make_pth(drawn: random.Random) -> bytes:
    """Return a ``.pth`` file."""
    plain = {
        name: each for name, each in arrays(drawn).items() if str(each.dtype) in written.STORAGES and name.isprintable()
    }
    good = drawn.choice((written.pth, written.pth_before))(plain)
    way = drawn.randrange(4)
    if way == 0:
        return mutated_bytes(good, drawn, (*PICKLED, b"PK\x03\x04", b"PK\x01\x02", b"\xff" * 8))[0]
    if way == 1:
        return good
    pickled = drawn.choice(
        (any_pickle(drawn), mutated_bytes(written.state_dict(plain), drawn, PICKLED)[0], _names_of_any_kind(drawn))
    )
    if way == 2:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", drawn.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
            archive.writestr(drawn.choice(("weights/data.pkl", "../data.pkl", "\x1b[31m/data.pkl")), pickled)
            for key in range(4):
                archive.writestr(f"weights/data/{key}", np.ones((4, 3), np.float32).tobytes())
        return packed.getvalue()
    return (
        b"".join(pickle.dumps(each, 2) for each in (0x1950A86A20F9469CFC6C, 1001, {}))
        + pickled
        + pickle.dumps(["0"], 2)
        + b"\xff" * 60
    )


def _names_of_any_kind(drawn: random.Random) -> bytes:
    """Return the pickle of a dictionary whose names are no plain texts."""
    state = written.state_dict({"x": np.ones((4, 3), np.float32)})
    name = drawn.choice(
        (
            b"X\x05\x00\x00\x00\x1b[31m",
            b"X\x03\x00\x00\x00\xed\xa0\x80",
            b"N" + b"\x85" * 900,
            b"N" + b"2\x86" * 60,
            b"K\x01",
            b"B\x01\x00\x00\x00a",
        )
    )
    return state.replace(b"X\x01\x00\x00\x00x", name, 1)


WEIGHTS: dict[str, Callable[[random.Random], bytes]] = {
    "w.npz": make_npz, "w.safetensors": make_safetensors, "w.weights.h5": make_hdf5, "w.caffemodel": make_caffemodel, "w.pth": make_pth,
}  # fmt: skip


class _Network:
    """What a training is given of a network without weights; its layout is Keras', so that none need be known."""

    def __init__(self, folder: Path) -> None:
        self.folders = (folder,)
        self.start = {"layer-1/kernel": np.ones((4, 3), np.float32), "layer-1/bias": np.zeros(3, np.float32)}


def _made(file: str) -> Callable[[Path, random.Random], str]:
    def make(inside: Path, drawn: random.Random) -> str:
        content = WEIGHTS[file](drawn)
        (inside / file).write_bytes(content)
        return f"{file} of {len(content):,} bytes"

    return make


def use_weights(inside: Path) -> str:
    """Take a network's weights from the file, by the network's own names and by others."""
    (file,) = inside.iterdir()
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    outcome = "refused"
    for names in (
        (),
        {".caffemodel": ("ip/0", "ip/1"), ".pth": ("x", "layer-1/bias")}.get(file.suffix, ("x", "conv.weight")),
    ):
        training = WeightsFile(file=file.name, sha256=sha256, arrays=names, layout="keras")
        try:
            training.train(_Network(inside), None, None, None, None)  # type: ignore[arg-type]  # they are not looked at
            outcome = "used"
        except HarnessError as error:
            clean(error)
    return outcome


def use_npz(inside: Path) -> str:
    """Load the file as a data set."""
    (file,) = inside.iterdir()
    sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
    for names in ({"images": "x", "labels": "y"}, {"images": "layer-1/kernel", "labels": "layer-1/bias"}):
        try:
            ArraysOfAFile.model_validate(
                {"file": file.name, "sha256": sha256, "classes": 10, "train": names, "test": None}
            ).load((inside,))
        except HarnessError as error:
            clean(error)
        else:
            return "used"
    return "refused"


def make_data(inside: Path, drawn: random.Random) -> str:
    """Write an ``.npz`` file of images and labels, mutated, or a hostile one."""
    content = make_npz(drawn)
    if drawn.random() < 0.5:
        images = drawn.choice(
            (
                np.zeros((3, 2, 2), np.uint8),
                np.full((3, 2, 2), np.nan, np.float32),
                np.ones((3, 2, 2, 1), np.float64) * 1e300,
                np.zeros((3, 0, 2), np.uint8),
            )
        )
        labels = drawn.choice(
            (
                np.arange(3),
                np.array([-1, 2**62, 3]),
                np.zeros((3, 1), np.uint64) + np.uint64(2**64 - 1),
                np.zeros(3, bool),
            )
        )
        content = mutated_bytes(written.npz({"x": images, "y": labels}), drawn, (b"\xff" * 8,), 2)[0]
    (inside / "w.npz").write_bytes(content)
    return f"w.npz of {len(content):,} bytes"


def make_pickle(inside: Path, drawn: random.Random) -> str:
    """Write a pickle, gzipped or not."""
    content = any_pickle(drawn)
    packed = drawn.random() < 0.3
    if packed:
        content = (
            mutated_bytes(gzip.compress(content), drawn)[0]
            if drawn.random() < 0.7
            else gzip.compress(bytes(200_000_000), 1)
        )
    (inside / ("p.gz" if packed else "p")).write_bytes(content)
    return f"a pickle of {len(content):,} bytes"


def use_pickle(inside: Path) -> str:
    """Unpickle the file as the data sets of published files are."""
    (file,) = inside.iterdir()
    try:
        content = file.read_bytes()
        unpickle(gunzip(content, 10_000_000) if file.suffix else content)
    except Unsound as error:
        clean(str(error))
        return "refused"
    return "used"


def png_chunk(kind: bytes, content: bytes) -> bytes:
    """Return a chunk of a PNG file."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(width: int, height: int, body: bytes, *more: bytes, depth: int = 8, colour: int = 2) -> bytes:
    """Return a PNG file of a declared size and what its pixels are packed to."""
    head = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width % 2**32, height % 2**32, depth, colour, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(more) + png_chunk(b"IDAT", body) + png_chunk(b"IEND", b"")


def many_scans(drawn: random.Random) -> bytes:
    """Return a progressive JPEG that is scanned again and again: each scan costs as much as the image has blocks."""
    packed = io.BytesIO()
    side = drawn.choice((64, 4000))
    Image.new("RGB", (side, side)).save(packed, "JPEG", progressive=True, quality=30)
    content = packed.getvalue()
    at = content.rindex(b"\xff\xda")
    return content[:at] + content[at:-2] * drawn.choice((3, 2_000)) + content[-2:]


def an_image(drawn: random.Random) -> bytes:
    """Return a JPEG or PNG that was mutated, or a hostile one."""
    way = drawn.randrange(3)
    if way <= 1:
        form, mode = drawn.choice(
            (
                ("PNG", "RGB"),
                ("PNG", "P"),
                ("PNG", "LA"),
                ("PNG", "1"),
                ("JPEG", "RGB"),
                ("JPEG", "L"),
                ("JPEG", "CMYK"),
            )
        )
        words = {"progressive": True} if form == "JPEG" and drawn.random() < 0.5 else {}
        return mutated_bytes(
            photos.photo((12, 9, 3), form, mode, **words),
            drawn,
            (b"\xff\xd8", b"\xff\xda", b"\xff\xc0", b"\xff\xc2", b"IDAT", b"\xff\xff", b"\0\0\0\0"),
        )[0]
    return drawn.choice(
        (
            lambda: png(2**31 - 1, 2**31 - 1, b""), lambda: png(8192, 8192, zlib.compress(bytes(10_000))), lambda: png(0, 0, b""),
            lambda: png(9, 9, zlib.compress(bytes(100_000_000), 9)), lambda: png(9, 9, zlib.compress(bytes(300)), png_chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(50_000_000)))),
            lambda: png(9, 9, zlib.compress(bytes(300)), png_chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(50_000_000)))),
            lambda: png(9, 9, zlib.compress(bytes(300)), png_chunk(b"tEXt", b"") * 100_000), lambda: png(9, 9, b"", depth=drawn.choice((0, 3, 16, 255)), colour=drawn.choice((0, 1, 3, 6, 7))),
            lambda: many_scans(drawn), lambda: b"GIF89a" + bytes(99), lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", lambda: b"%!PS\n(../outside/owned) (w) file\n",
            lambda: b"", lambda: drawn.randbytes(500),
        )
    )()  # fmt: skip


PATHS = ("a/1.png", "b/2.jpg", "../../outside/x.png", "/etc/x.png", "a/../../x.png", "a//x.png", "a\\b.png", "\x1b[31m.png", "a/\ud800.png", "a/" + "b" * 200 + ".png",
         "a/./x.png", "b/.hidden.png", "a/x.png/y.png", "a/\n.png", "a/CON.png", " /x.png", "a/x.PNG", "d" + "/d" * 300 + ".png")  # fmt: skip


def make_images(inside: Path, drawn: random.Random) -> str:
    """Write a folder, tar or zip of images."""
    files = {"a/0.png": photos.photo((9, 9, 3)), "b/0.png": photos.photo((9, 9, 3))}
    for path in drawn.sample(PATHS, drawn.randint(1, 4)):
        files[path] = an_image(drawn)
    kind = drawn.choice(("images", "images.tar", "images.zip", "images.tar", "images.zip"))
    target = inside / kind
    if kind == "images":
        for path, content in files.items():
            name = path.replace("..", "x").strip("/")
            try:
                (target / name).parent.mkdir(parents=True, exist_ok=True)
                (target / name).write_bytes(content)
            except (OSError, ValueError):
                continue
        if drawn.random() < 0.3:
            (target / "a" / "link.png").symlink_to(
                drawn.choice(("/etc/passwd", "../../../outside/secret", "/dev/zero", "link.png"))
            )
        if drawn.random() < 0.1:
            os.mkfifo(target / "a" / "fifo.png")
        return f"a folder of {len(files)}"
    texts = {path.encode("utf-8", "replace").decode(): content for path, content in files.items()}
    if kind == "images.zip":
        with zipfile.ZipFile(
            target, "w", drawn.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA))
        ) as archive:
            for path, content in texts.items():
                entry = zipfile.ZipInfo(path)
                entry.external_attr = drawn.choice((0o100644, 0o100644, 0o100644, 0o120777)) << 16
                archive.writestr(entry, content)
    else:
        changed = drawn.choice(
            (
                {},
                {},
                {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"},
                {"type": tarfile.LNKTYPE, "linkname": "a/0.png"},
                {"type": tarfile.FIFOTYPE},
                {"type": tarfile.GNUTYPE_SPARSE},
            )
        )
        texts |= {"c.tar": photos.tarred({"x.png": an_image(drawn)})} if drawn.random() < 0.5 else {}
        photos.tarred(texts, target, **changed)
    if drawn.random() < 0.4:
        target.write_bytes(
            mutated_bytes(target.read_bytes(), drawn, (b"PK\x01\x02", b"ustar", b"\xff" * 8, b"0" * 12, b"7" * 11))[0]
        )
    return f"{kind} of {len(texts)}"


def use_images(inside: Path) -> str:
    """Load the images as a data set."""
    (source,) = inside.iterdir()
    fields = {
        "train": {"source": source.name},
        "classes": 3,
        "size": 8,
        "resize": 8,
        "at_most": {"unusable": 0.9, "tiny": 1.0, "grey": 1.0, "cmyk": 1.0, "transparent": 1.0},
    }
    try:
        ImagesOfFiles.model_validate(fields).load((inside,))
    except HarnessError as error:
        clean(error)
        return "refused"
    return "used"


SORTS: Sequence[Sort] = (
    *(
        Sort(
            f"weights .{file.split('.', 1)[1]}",
            f"a file `.{file.split('.', 1)[1]}`, read as the weights of a network",
            _made(file),
            use_weights,
        )
        for file in WEIGHTS
    ),
    Sort("data .npz", "a file `.npz`, read as images and labels", make_data, use_npz),
    Sort("pickles", "pickles, gzipped or not, read as CIFAR-10's files", make_pickle, use_pickle),
    Sort("images", "JPEG and PNG files in a folder, a tar or a zip, read as a data set", make_images, use_images),
)
