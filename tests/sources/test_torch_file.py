import io
import pickle
import tracemalloc
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from written import pth, pth_before, state_dict

from harness.sources import Unsound
from harness.sources.torch_file import TorchFile

RNG = np.random.default_rng(0)
ARRAYS = {
    "conv_stem.weight": RNG.normal(size=(4, 3, 5, 5)).astype(np.float32),
    "bn1.running_var": RNG.normal(size=4),
    "bn1.num_batches_tracked": np.array(7),
    "half": RNG.normal(size=(2, 3)).astype(np.float16),
    "transposed": np.asfortranarray(RNG.normal(size=(3, 4)).astype(np.float32)),
    "nothing": np.zeros((0, 3), np.float32),
}
WRITERS = {"since 1.6": pth, "before 1.6": pth_before}


@pytest.mark.parametrize("when", WRITERS)
def test_every_tensor_is_read_to_the_bit(when):
    file = TorchFile(WRITERS[when](ARRAYS))
    assert set(file.names) == set(ARRAYS)
    for name, array in ARRAYS.items():
        stored = file.stored(name)
        assert (stored.kind, stored.shape, stored.itemsize) == (array.dtype.kind, array.shape, array.itemsize)
        np.testing.assert_array_equal(stored.read(), array)


def zipped(pickled, **members):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("m/data.pkl", pickled)
        for name, content in members.items():
            archive.writestr(f"m/data/{name.removeprefix('_')}", content)
    return packed.getvalue()


ONE = {"x": np.arange(6, dtype=np.float32).reshape(2, 3)}
BYTES = ONE["x"].tobytes()


def test_tensors_of_dictionaries_within_are_named_by_their_path_and_other_values_are_passed_over():
    inner = state_dict(ONE)[2:-1]
    whole = b"\x80\x02}(X\x05\x00\x00\x00model" + inner + b"X\x05\x00\x00\x00epochK\x07u."
    assert TorchFile(zipped(whole, _0=BYTES)).names == ("model/x",)


class Runs:
    """A pickle that would run code."""

    def __reduce__(self):
        return (open, ("ran", "w"))


LOOP = b"\x80\x02}q\x00X\x01\x00\x00\x00ah\x00s."
"""A dictionary that holds itself."""
REFUSED = {
    "nothing": b"",
    "another pickle": pickle.dumps([1], 2),
    "code": pickle.dumps(Runs(), 2),
    "code in an archive": zipped(pickle.dumps(Runs(), 2)),
    "no pickle": zipped(b"abc"),
    "a pickle cut short": zipped(state_dict(ONE)[:-20], _0=BYTES),
    "a dictionary that holds itself": zipped(LOOP),
    "a negative side": zipped(state_dict(ONE).replace(b"(K\x02K\x03t", b"(J\xff\xff\xff\xffK\x03t"), _0=BYTES),
    "fewer steps than sides": zipped(state_dict(ONE).replace(b"(K\x03K\x01t", b"(K\x03t"), _0=BYTES),
    "another class": zipped(state_dict(ONE).replace(b"FloatStorage", b"ShortStorag"), _0=BYTES),
    "an archive of something else": zipped(b"")[:30],
}


@pytest.mark.parametrize("fault", REFUSED)
def test_what_is_no_such_file_is_refused_in_one_line_and_runs_nothing(fault, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Unsound, match=r"is not a \.pth file of tensors, or is damaged") as caught:
        TorchFile(REFUSED[fault])
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "ran").exists()


TAINT = b"\x80\x02ctorch\nFloatStorage\n}" + b"X\x04\x00\x00\x00nameX\x0b\x00\x00\x00HalfStorage" + b"sb."
"""Calls the storages of 32 bits halves, for whoever reads the next file."""


def test_a_file_cannot_change_how_the_next_one_is_read():
    with pytest.raises(Unsound, match="sets a state on an object that has none"):
        TorchFile(zipped(TAINT))
    assert TorchFile(pth(ONE)).stored("x").itemsize == 4


@pytest.mark.parametrize(
    "made",
    [
        zipped(b"\x80\x02ccollections\nOrderedDict\n](K\x01" + b"2\x86" * 60 + b"K\x01\x86e\x85R."),
        zipped(b"\x80\x02}K\x01" + b"2\x86" * 60 + b"K\x01s."),
    ],
    ids=["pairs", "a key"],
)
def test_a_dictionary_whose_key_has_no_end_is_refused_at_once(made):
    with pytest.raises(Unsound, match="neither texts nor small numbers"):
        TorchFile(made)


def packed(content):
    made = io.BytesIO(zipped(state_dict(ONE)))
    with zipfile.ZipFile(made, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("m/data/0", content)
    return made.getvalue()


HUGE = state_dict(ONE).replace(b"cpuK\x06", b"cpuJ\xff\xff\xff\x7f")
UNREAD = {
    "no storage": zipped(state_dict(ONE)),
    "a storage cut short": zipped(state_dict(ONE), _0=BYTES[:-4]),
    "a storage too long": zipped(state_dict(ONE), _0=BYTES + BYTES),
    "a storage of gigabytes": zipped(HUGE, _0=BYTES),
    "a storage that unpacks": packed(BYTES),
    "steps beyond the storage": zipped(state_dict(ONE).replace(b"(K\x03K\x01t", b"(K\x04K\x01t"), _0=BYTES),
    "a start beyond the storage": zipped(state_dict(ONE).replace(b"QK\x00", b"QK\x01"), _0=BYTES),
}


@pytest.mark.parametrize("fault", UNREAD)
def test_a_tensor_that_its_storage_does_not_hold_is_refused_and_nothing_is_allocated(fault):
    stored = TorchFile(UNREAD[fault]).stored("x")
    tracemalloc.start()
    with pytest.raises(Unsound):
        stored.read()
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


@pytest.mark.parametrize("when", WRITERS)
@given(data=st.data())
def test_any_changed_or_missing_byte_is_refused_or_leaves_numbers_of_the_file(when, data):
    content = bytearray(WRITERS[when](ONE))
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    try:
        file = TorchFile(bytes(content[: data.draw(st.integers(0, len(content)))]))
        sizes = [file.stored(name).read().size for name in file.names]
    except Unsound:
        return
    assert sum(sizes) < 10**6
