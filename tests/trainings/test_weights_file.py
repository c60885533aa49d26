"""Networks whose weights come from a file."""

import hashlib
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError
from written import caffemodel, hdf5, npz, pth, pth_before, safetensors

from harness.datasets.digits import Digits
from harness.datasets.mnist import Mnist
from harness.errors import Infeasible, WeightsMissing
from harness.kinds.registry import discover
from harness.models.network import NetworkModel
from harness.streams import Streams
from harness.trainings.weights_file import WeightsFile

discover()
LAYERS = (
    {"conv2d": {"filters": 4, "kernel_size": 3, "activation": "relu"}},
    "batch_normalization",
    {"dense": {"units": 10}},
)
NAMES = ("k1", "b1", "gamma", "beta", "mean", "variance", "k2", "b2")


@pytest.fixture(scope="module")
def digits():
    return Digits()()["train"].take(np.arange(100))


@pytest.fixture(scope="module")
def source(digits):
    """A network trained here, whose weights are written to files."""
    fields = {"train_on": "d/train", "layers": LAYERS, "training": {"kind": "minibatch", "epochs": 2}}
    model = NetworkModel.model_validate(fields)
    trained = model(train_on=digits, streams=Streams(0, 1))
    victim = model.victim(trained)
    return victim, dict(zip(NAMES, victim.weights.values(), strict=True))


def put(folder: Path, content: bytes, name: str = "w.npz") -> str:
    (folder / name).write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def model(sha256, file="w.npz", arrays=NAMES, layers=LAYERS, **changed):
    training = {"kind": "weights-file", "file": file, "sha256": sha256, "arrays": arrays}
    return NetworkModel.model_validate({"train_on": "d/train", "layers": layers, "training": training, **changed})


def loaded(recipe, digits, *folders):
    return recipe(train_on=digits, streams=Streams(0, 0), folders=folders)


FORMATS = {"w.npz": npz, "w.safetensors": safetensors, "w.weights.h5": hdf5}


@pytest.mark.parametrize("file", FORMATS)
def test_the_weights_of_a_file_give_the_network_they_were_written_from_to_the_bit(tmp_path, digits, source, file):
    victim, arrays = source
    recipe = model(put(tmp_path, FORMATS[file](arrays), file), file)
    trained = loaded(recipe, digits, tmp_path)
    again = recipe.victim(trained)
    assert not recipe.random
    assert trained.settled
    assert {each.dtype for each in trained.weights.values()} == {np.dtype(np.float32)}
    np.testing.assert_array_equal(again.exact_logits(digits.images), victim.exact_logits(digits.images))


@pytest.mark.parametrize("file", FORMATS)
def test_without_names_the_files_names_are_the_networks_own(tmp_path, digits, source, file):
    victim, _ = source
    recipe = model(put(tmp_path, FORMATS[file](dict(victim.weights)), file), file, arrays=())
    trained = loaded(recipe, digits, tmp_path)
    assert all(np.array_equal(trained.weights[name], array) for name, array in victim.weights.items())


def test_the_record_gets_the_files_name_and_digest(tmp_path, digits, source):
    digest = put(tmp_path, npz(source[1]))
    facts = loaded(model(digest), digits, tmp_path).facts
    assert facts == {"file": "w.npz", "sha256": digest, "image_shape": [8, 8, 1]}


@pytest.mark.parametrize("dtype", ["float16", "float64", ">f4", ">f8"])
def test_floats_of_other_precision_and_order_are_rounded_to_float32(tmp_path, digits, source, dtype):
    arrays = {name: np.asarray(array, dtype, order="F") for name, array in source[1].items()}
    trained = loaded(model(put(tmp_path, npz(arrays))), digits, tmp_path)
    for array, found in zip(arrays.values(), trained.weights.values(), strict=True):
        np.testing.assert_array_equal(found, array.astype(np.float32))


def test_the_layers_of_a_model_it_starts_from_are_read_too(tmp_path, digits, source):
    victim, _ = source
    lower, upper = LAYERS[:2], LAYERS[2:]
    below = model("0" * 64, layers=lower).victim(
        type("Trained", (), {"facts": {"image_shape": [8, 8, 1]}, "weights": victim.weights})
    )
    recipe = model(put(tmp_path, npz(source[1])), layers=upper, starts_from="below", frozen=False)
    trained = recipe(train_on=digits, streams=Streams(0, 0), folders=(tmp_path,), starts_from=below)
    again = recipe.victim(trained, starts_from=below)
    np.testing.assert_array_equal(again.exact_logits(digits.images), victim.exact_logits(digits.images))


def test_a_file_that_is_nowhere_is_missing_with_the_sentence_that_repairs_it(tmp_path, digits):
    with pytest.raises(WeightsMissing) as caught:
        loaded(model("a" * 64), digits, tmp_path)
    for part in ("w.npz", "a" * 64, str(tmp_path), "--data-dir", "HARNESS_DATA_DIR"):
        assert part in str(caught.value)


def test_a_file_of_another_digest_is_missing_and_another_folder_may_have_it(tmp_path, digits, source):
    content = npz(source[1])
    (tmp_path / "here").mkdir()
    digest = put(tmp_path, content)
    put(tmp_path / "here", content[:-1])
    with pytest.raises(WeightsMissing, match=rf"here/w\.npz has the SHA-256 [0-9a-f]{{64}}, expected {digest}"):
        loaded(model(digest), digits, tmp_path / "here")
    assert loaded(model(digest), digits, tmp_path / "here", tmp_path).settled


def test_a_fifo_of_that_name_is_not_waited_for(tmp_path, digits):
    os.mkfifo(tmp_path / "w.npz")
    with pytest.raises(WeightsMissing, match="a FIFO"):
        loaded(model("a" * 64), digits, tmp_path)


def changed(arrays, name, change):
    return arrays | {name: change(arrays[name])}


class Runs:
    """A pickle that would run code."""

    def __reduce__(self):
        return (open, ("ran", "w"))


FAULTS = {
    "a kernel transposed": ("k2", lambda k: k.T, "k2, given for layer-3/kernel, has the shape 10×144, expected 144×10; it is transposed"),
    "PyTorch's order": ("k1", lambda k: k.transpose(3, 2, 0, 1), r"has the shape 4×1×3×3, expected 3×3×1×4; it is in PyTorch's order"),
    "another order": ("k1", lambda k: k.transpose(2, 3, 0, 1), r"has the shape 1×4×3×3, expected 3×3×1×4; its axes are in another"),
    "another shape": ("k2", lambda k: k[1:], "has the shape 143×10, expected 144×10$"),
    "a bias too many": ("b2", lambda b: b[None], "has the shape 1×10, expected 10$"),
    "a number": ("b2", lambda b: b[0], "has the shape of a single number, expected 10$"),
    "integers": ("b2", lambda b: b.astype(np.int64), "b2, given for layer-3/bias, is (int64|I64), expected floats"),
    "truth values": ("b2", lambda b: b > 0, "is (bool|BOOL), expected floats"),
    "not a number": ("b2", lambda b: b * np.nan, "holds values that are not finite"),
    "infinite": ("gamma", lambda b: b / np.float32(0), "holds values that are not finite"),
    "beyond float32": ("b2", lambda b: b.astype(np.float64) + 1e300, "holds a value beyond float32"),
}  # fmt: skip


@pytest.mark.parametrize("file", FORMATS)
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_what_does_not_fit_the_network_is_said_in_one_sentence(tmp_path, digits, source, fault, file):
    name, change, said = FAULTS[fault]
    content = FORMATS[file](changed(source[1], name, change))
    with pytest.raises(Infeasible, match=said) as caught:
        loaded(model(put(tmp_path, content, file), file), digits, tmp_path)
    assert file in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("file", FORMATS)
def test_an_array_that_is_not_there_is_named_with_the_one_that_was_probably_meant(tmp_path, digits, source, file):
    digest = put(tmp_path, FORMATS[file](source[1]), file)
    with pytest.raises(Infeasible, match="unknown array 'variances'; did you mean 'variance'"):
        loaded(model(digest, file, (*NAMES[:5], "variances", *NAMES[6:])), digits, tmp_path)
    with pytest.raises(Infeasible, match=r"layer-1/kernel.*known: b1, b2.*'arrays'"):
        loaded(model(digest, file, ()), digits, tmp_path)


def test_too_few_names_are_answered_with_the_weights_the_network_has(tmp_path, digits, source):
    with pytest.raises(
        Infeasible, match="names 7 arrays, but the network has 8 weights: layer-1/kernel 3×3×1×4, layer-1/bias 4,"
    ):
        loaded(model(put(tmp_path, npz(source[1])), arrays=NAMES[:7]), digits, tmp_path)


@pytest.mark.parametrize("file", FORMATS)
@pytest.mark.parametrize(
    "content",
    [b"", pickle.dumps(Runs()), pickle.dumps(Runs(), 2), b"\0" * 100],
    ids=["nothing", "a pickle", "an old pickle", "zeros"],
)
def test_a_file_that_is_no_archive_is_refused_and_runs_nothing(tmp_path, digits, monkeypatch, file, content):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Infeasible, match=r"is no \.|is damaged"):
        loaded(model(put(tmp_path, content, file), file), digits, tmp_path)
    assert not (tmp_path / "ran").exists()


def test_pickled_objects_in_an_archive_are_never_unpickled(tmp_path, digits, source, monkeypatch):
    monkeypatch.chdir(tmp_path)
    content = npz(changed(source[1], "b2", lambda _: np.array([Runs()] * 10, object)))
    with pytest.raises(Infeasible, match="Python objects in b2"):
        loaded(model(put(tmp_path, content)), digits, tmp_path)
    assert not (tmp_path / "ran").exists()
    loaded(model(put(tmp_path, npz(source[1] | {"notes": np.array([Runs()], object)}))), digits, tmp_path)
    assert not (tmp_path / "ran").exists()


def test_a_small_file_that_would_unpack_to_gigabytes_is_refused_by_its_shape(tmp_path, digits, source):
    import tracemalloc

    bomb = npz(changed(source[1], "k2", lambda _: np.zeros((60_000, 100), np.float32)))
    recipe = model(put(tmp_path, bomb))
    tracemalloc.start()
    with pytest.raises(Infeasible, match="60000×100, expected 144×10"):
        loaded(recipe, digits, tmp_path)
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"file": "../w.npz"}, "without '..'"),
        ({"file": "/etc/w.npz"}, "no absolute path"),
        ({"file": "a/../w.npz"}, "without '..'"),
        ({"file": "a//w.npz"}, "within the folders"),
        ({"file": "a\\w.npz"}, "within the folders"),
        ({"file": ""}, "within the folders"),
        (
            {"file": "w.h5"},
            r"expected a file \.npz, \.safetensors, \.weights\.h5, \.caffemodel or \.pth; found 'w\.h5'",
        ),
        ({"file": "w.pt"}, r"expected a file \.npz, .* or \.pth"),
        ({"layout": "caffe"}, "'keras' or 'channels-first'"),
        ({"sha256": "abc"}, "64 hexadecimal digits"),
        ({"sha256": "g" * 64}, "64 hexadecimal digits"),
    ],
)
def test_a_name_that_leaves_the_folders_and_a_digest_that_is_none_are_mistakes_of_the_spec(fields, said):
    with pytest.raises(ValidationError, match=said):
        WeightsFile.model_validate({"file": "w.npz", "sha256": "a" * 64} | fields)


def test_a_digest_in_capitals_is_the_same_digest():
    assert model("AB" * 32).fingerprint() == model("ab" * 32).fingerprint()


GROUPED = (
    {"conv2d": {"filters": 4, "kernel_size": 3, "activation": "relu"}},
    {"conv2d": {"filters": 6, "kernel_size": [2, 3], "groups": 2}},
    "batch_normalization",
    {"branches": {"join": "concatenate", "paths": [[{"depthwise_conv2d": {"kernel_size": 2, "depth_multiplier": 2}}], [{"conv2d": {"filters": 1, "kernel_size": 2}}]]}},
    {"dense": {"units": 5, "activation": "relu"}},
    {"dense": {"units": 10}},
)  # fmt: skip
"""On images 8×8×1: after the first layer 6×6×4, then 5×4×6, 4×3×13, 5, 10."""
BLOBS = {
    "conv1.weight": (4, 1, 3, 3), "conv1.bias": (4,), "conv2.weight": (6, 2, 2, 3), "conv2.bias": (6,),
    "bn.weight": (6,), "bn.bias": (6,), "bn.running_mean": (6,), "bn.running_var": (6,),
    "deep.weight": (12, 1, 2, 2), "deep.bias": (12,), "flat.weight": (1, 6, 2, 2), "flat.bias": (1,),
    "fc1.weight": (5, 13 * 4 * 3), "fc1.bias": (5,), "fc2.weight": (10, 5), "fc2.bias": (10,),
}  # fmt: skip
"""Its weights as PyTorch keeps them, in the order of the network's layers."""


@pytest.fixture(scope="module")
def blobs():
    rng = np.random.default_rng(0)
    drawn = {name: rng.normal(0, 0.5, shape).astype(np.float32) for name, shape in BLOBS.items()}
    return {name: abs(each) + 0.1 if "var" in name else each for name, each in drawn.items()}


def convolved(maps, weight, bias, groups=1):
    """As PyTorch and Caffe compute it, ``(n, channels, h, w)``, from the definition, a window after the other."""
    n, channels, h, w = maps.shape
    filters, taken, rows, columns = weight.shape
    made = np.zeros((n, filters, h - rows + 1, w - columns + 1))
    for f, y, x in np.ndindex(made.shape[1:]):
        first = f // (filters // groups) * (channels // groups)
        made[:, f, y, x] = (maps[:, first : first + taken, y : y + rows, x : x + columns] * weight[f]).sum(
            (1, 2, 3)
        ) + bias[f]
    return made


def logits_with_channels_first(blobs, images):
    w = {name: each.astype(np.float64) for name, each in blobs.items()}
    x = np.maximum(convolved(images.transpose(0, 3, 1, 2), w["conv1.weight"], w["conv1.bias"]), 0)
    x = convolved(x, w["conv2.weight"], w["conv2.bias"], groups=2)
    of_channels = {name: each[:, None, None] for name, each in w.items() if name.startswith("bn")}
    x = (x - of_channels["bn.running_mean"]) / np.sqrt(of_channels["bn.running_var"] + 1e-3)
    x = x * of_channels["bn.weight"] + of_channels["bn.bias"]
    deep = convolved(x, w["deep.weight"], w["deep.bias"], groups=6)
    x = np.concatenate([deep, convolved(x, w["flat.weight"], w["flat.bias"])], axis=1)
    x = np.maximum(x.reshape(len(x), -1) @ w["fc1.weight"].T + w["fc1.bias"], 0)
    return x @ w["fc2.weight"].T + w["fc2.bias"]


def by_layer(version):
    """A writer of Caffe's format, in which arrays are called ``conv1/0``, ``conv1/1``."""

    def write(blobs):
        layers = {}
        for name, each in blobs.items():
            layers.setdefault(name.partition(".")[0], []).append(each)
        return caffemodel(layers, version=version)

    return write


CAFFES = tuple(f"{layer}/{k}" for layer, count in (("conv1", 2), ("conv2", 2), ("bn", 4), ("deep", 2), ("flat", 2), ("fc1", 2), ("fc2", 2)) for k in range(count))  # fmt: skip
CHANNELS_FIRST = {
    "pth": ("w.pth", pth, tuple(BLOBS), {}),
    "pth before 1.6": ("w.pth", pth_before, tuple(BLOBS), {}),
    "caffemodel": ("w.caffemodel", by_layer(2), CAFFES, {}),
    "caffemodel of 2014": ("w.caffemodel", by_layer(1), CAFFES, {}),
    "caffemodel of 2013": ("w.caffemodel", by_layer(0), CAFFES, {}),
    "safetensors of PyTorch": ("w.safetensors", safetensors, tuple(BLOBS), {"layout": "channels-first"}),
}


def channels_first(digest, file, names, layers=GROUPED, **fields):
    training = {"kind": "weights-file", "file": file, "sha256": digest, "arrays": names, **fields}
    return NetworkModel.model_validate({"train_on": "d/train", "layers": tuple(layers), "training": training})


@pytest.mark.parametrize("case", CHANNELS_FIRST)
def test_weights_with_channels_first_give_the_network_that_their_definition_gives(tmp_path, digits, blobs, case):
    file, write, names, fields = CHANNELS_FIRST[case]
    recipe = channels_first(put(tmp_path, write(blobs), file), file, names, **fields)
    victim = recipe.victim(loaded(recipe, digits, tmp_path))
    images = digits.images[:7]
    np.testing.assert_allclose(
        victim.exact_logits(images), logits_with_channels_first(blobs, images), rtol=1e-9, atol=1e-9
    )


def test_the_layout_a_format_s_own_programs_write_leaves_no_trace_in_keys():
    recipe = model("a" * 64)
    assert "layout" not in recipe.training.model_dump()
    assert channels_first("a" * 64, "w.npz", NAMES, LAYERS, layout="keras").fingerprint() != recipe.fingerprint()


def test_weights_in_the_other_layout_are_refused_with_the_word_that_repairs_it(tmp_path, digits, source, blobs):
    file, write, names, _ = CHANNELS_FIRST["pth"]
    digest = put(tmp_path, write(blobs), file)
    with pytest.raises(
        Infeasible, match=r"has the shape 4×1×3×3, expected 3×3×1×4; it is in PyTorch's order .*layout: channels-first"
    ):
        loaded(channels_first(digest, file, names, layout="keras"), digits, tmp_path)
    digest = put(tmp_path, pth(source[1]), file)
    with pytest.raises(
        Infeasible, match="has the shape 3×3×1×4, expected 4×1×3×3; it is in Keras' order: write layout: keras"
    ):
        loaded(channels_first(digest, file, NAMES, LAYERS), digits, tmp_path)
    assert loaded(channels_first(digest, file, NAMES, LAYERS, layout="keras"), digits, tmp_path).settled


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        (
            [*GROUPED[:2], "flatten", {"dense": {"units": 10}}],
            r"layer-3 \(flatten\) flattens images of 5×4×6 .*leave it out",
        ),
        ([*GROUPED[:2], {"reshape": {"target_shape": [6, 5, 4]}}, {"dense": {"units": 10}}], r"layer-3 \(reshape\)"),
        ([{"rbf": {"units": 10}}], "layers of the kind 'rbf' declare no channels-first layout of 'kernel'"),
    ],
)
def test_layers_whose_weights_have_no_order_with_channels_first_are_refused_by_name(
    tmp_path, digits, blobs, layers, said
):
    recipe = channels_first(put(tmp_path, pth(blobs), "w.pth"), "w.pth", ("a", "b"), layers)
    with pytest.raises(Infeasible, match=said):
        loaded(recipe, digits, tmp_path)


def dense(*units, activation="relu"):
    return (*({"dense": {"units": each, "activation": activation}} for each in units), {"dense": {"units": 10}})


CONVNET = (
    {"conv2d": {"filters": 16, "kernel_size": 5, "activation": "relu"}},
    {"max_pooling2d": {"pool_size": 2}},
    {"conv2d": {"filters": 32, "kernel_size": 5, "activation": "relu"}},
    {"max_pooling2d": {"pool_size": 2}},
    *dense(100),
)
BENCHES = {
    "bench_fc100-100-10.npz": (dense(100, 100, activation="sigmoid"), "d22a391ae5eb6d1e734f1c560d7e525d52aacf61e0a2ba02ae1fcc55705500a4"),
    "bench_relu500-150-10.npz": (dense(500, 150), "b52bdebba83a4ea6493924cb707a161abb75b92207edc56758789daaa938a7b7"),
    "bench_conv16-32-100-10.npz": (CONVNET, "4a8ce372b4d8813c483710086bc4006e669014550f8e59202f34e4c956b3a111"),
}  # fmt: skip


@pytest.mark.parametrize("file", BENCHES)
def test_a_pinned_network_classifies_its_images(file, mnist):
    if not (mnist / file).is_file():
        pytest.skip(f"needs {file} beside mnist.npz")
    layers, digest = BENCHES[file]
    count = sum("dense" in layer or "conv2d" in layer for layer in layers)
    names = tuple(f"{part}{k}" for k in range(1, count + 1) for part in "wb")
    images = Mnist()((mnist,))["train"]
    recipe = model(digest, file, names, layers)
    victim = recipe.victim(loaded(recipe, images, mnist))
    rows = np.load(mnist / file)["train_index"]
    np.testing.assert_array_equal(victim.predict(images.images[rows]), images.labels[rows])


def sha1(content: bytes) -> str:
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()


def by_sha1(content: bytes, **changed):
    training = {
        "kind": "weights-file",
        "file": "w.npz",
        "sha1": sha1(content),
        "arrays": NAMES,
        **changed,
    }
    return NetworkModel.model_validate({"train_on": "d/train", "layers": LAYERS, "training": training})


def test_a_file_whose_publisher_gives_its_sha_1_alone_is_known_by_that_and_recorded_by_both(tmp_path, digits, source):
    victim, arrays = source
    content = npz(arrays)
    put(tmp_path, content)
    trained = loaded(by_sha1(content), digits, tmp_path)
    assert all(np.array_equal(trained.weights[name], array) for name, array in victim.weights.items())
    assert trained.facts["sha256"] == hashlib.sha256(content).hexdigest()
    put(tmp_path, content + b"another")
    with pytest.raises(WeightsMissing, match=f"has the SHA-1 [0-9a-f]{{40}}, expected {sha1(content)}"):
        loaded(by_sha1(content), digits, tmp_path)


@pytest.mark.parametrize("digests", [{}, {"sha1": "a" * 40, "sha256": "a" * 64}, {"sha1": "a" * 64}])
def test_a_file_is_known_by_just_one_digest(digests):
    with pytest.raises(ValidationError, match="expected"):
        WeightsFile(file="w.npz", **digests)


def test_weights_that_are_nowhere_are_missed_before_images_are_loaded_and_it_is_said_where_they_can_be_had(tmp_path):
    recipe = by_sha1(b"", origin="about 232 MB, of the Model Zoo.")
    told = r"weights are missing \(about 232 MB, of the Model Zoo\): no file w.npz with the SHA-1 [0-9a-f]{40} in .*put the file into"
    with pytest.raises(WeightsMissing, match=told):
        recipe.beforehand((tmp_path,))
    put(tmp_path, b"whatever it holds")
    recipe.beforehand((tmp_path,))


def test_what_a_weights_file_can_say_since_leaves_no_trace_in_the_keys_of_others():
    assert WeightsFile(file="w.npz", sha256="a" * 64).model_dump().keys() == {"file", "sha256", "arrays"}
