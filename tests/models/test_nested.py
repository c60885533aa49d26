"""Recipes within recipes: layers, trainings, optimizers, as packs write them."""

import re
from pathlib import Path

import numpy as np
import pytest

from harness.errors import Infeasible, SpecError
from harness.examples import Examples
from harness.kinds.registry import discover
from harness.models.network import NetworkModel
from harness.spec.reading.load import load
from harness.streams import Streams

discover()
PAPER = """\
format: 1
paper: {title: T, authors: [A], year: 2014, venue: V, url: "https://example.org", version: v1}
data: {digits: {kind: digits}}
budgets:
  rehearsal: {runs: 1, says: One., comparable: false, sets: {models.*.training.epochs: 1}}
  audit: {runs: 3, says: Three.}
assumptions:
  rate:
    question: Which?
    readings:
      low: {says: Low., sets: {models.net.layers.dropout.rate: 0.25}}
      high: {says: High., sets: {models.net.layers.2.dropout.rate: 0.5}}
    chosen: high
    because: So.
"""
MODELS = """\
net:
  kind: network
  train_on: digits/train
  layers:
    - conv2d: {filters: 8, kernel_size: 3, activation: relu}
    - max_pooling2d
    - dropout: {rate: 0.1}
    - dense: {units: 10}
  training: {kind: minibatch, optimizer: {sgd: {learning_rate: 0.1}}, epochs: 3}
linear: {kind: fully-connected, train_on: digits/train, decay: 1e-3}
"""
CLAIMS = """\
title: T
source: {table: 1}
claims:
  e: {says: E., metric: error-rate, data: digits/test, model: net, printed: "8.5", unit: "%", margin: {absolute: 3, because: b}}
"""


def pack(folder: Path, models=MODELS, paper=PAPER) -> Path:
    (folder / "claims").mkdir(parents=True)
    for name, text in {"paper.yaml": paper, "models.yaml": models, "claims/table-1.yaml": CLAIMS}.items():
        (folder / name).write_text(text)
    return folder


def mistakes(folder: Path, *change: str) -> list[str]:
    with pytest.raises(SpecError) as error:
        load(pack(folder, MODELS.replace(*change)))
    return [f"{problem.line}:{problem.column}: {problem.where}: {problem.message}" for problem in error.value.problems]


def test_the_network_that_the_documentation_shows_loads(tmp_path):
    page = (Path(__file__).parents[2] / "docs/reference/networks.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```yaml\n# models.yaml\n(convnet:.*?)```", page, re.DOTALL)
    paper = (
        "\n".join(
            PAPER.replace("digits: {kind: digits}", "mnist: {kind: mnist}").split("\nassumptions")[0].splitlines()
        )
        + "\n"
    )
    folder = pack(tmp_path / "p", shown, paper)
    claims = folder / "claims/table-1.yaml"
    claims.write_text(claims.read_text().replace("digits/test", "mnist/test").replace("model: net", "model: convnet"))
    network = load(folder).models["convnet"]
    assert [layer.kind for layer in network.layers] == ["conv2d", "max_pooling2d", "dropout", "dense"]
    assert (network.training.epochs, network.training.batch_size) == (3, 128)


def test_budgets_and_readings_reach_fields_within_fields_and_leave_other_trainings_alone(tmp_path):
    folder = pack(tmp_path / "p")
    audit, rehearsal, low = load(folder), load(folder, budget="rehearsal"), load(folder, readings={"rate": "low"})
    assert [spec.models["net"].training.epochs for spec in (audit, rehearsal, low)] == [3, 1, 3]
    assert [spec.models["net"].layers[2].rate for spec in (audit, rehearsal, low)] == [0.5, 0.5, 0.25]
    assert audit.models["linear"] == rehearsal.models["linear"]


def test_both_spellings_of_a_fully_connected_network_have_one_key(tmp_path):
    full = """\
linear:
  kind: network
  train_on: digits/train
  layers: [dense: {units: 10, kernel_initializer: zeros}]
  training: {kind: lbfgs, decay: 1e-3}
"""
    short = MODELS.splitlines()[-1]
    written = [
        load(pack(tmp_path / name, MODELS.replace(short + "\n", text))) for name, text in (("a", short), ("b", full))
    ]
    first, second = (spec.models["linear"] for spec in written)
    assert first == second
    assert first.fingerprint() == second.fingerprint()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("dropout: {rate: 0.1}", "dropout: {rat: 0.1}"), "7:17: net.layers[2].dropout.rat: unknown field; did you mean 'rate'?"),
        (("filters: 8", "filters: 0"), "net.layers[0].conv2d.filters: expected a whole number from 1 to 1000000; found the number 0"),
        (("- max_pooling2d", "- max_poling2d"), "6:7: net.layers[1]: unknown kind 'max_poling2d'; did you mean 'max_pooling2d'?"),
        (("sgd: {learning_rate: 0.1}", "sgd: {lr: 0.1}"), "net.training.optimizer.sgd.lr: unknown field"),
        (("kind: minibatch", "kind: xyz"), "net.training: unknown kind 'xyz'; known: adversarial, adversarial-pools, distillation, fine-tuning, lbfgs, "),
        (("kind: minibatch", "kind: minibach"), "net.training: unknown kind 'minibach'; did you mean 'minibatch'?"),
        (("epochs: 3", "epochs: 3, epoch: 4"), "net.training.epoch: unknown field; did you mean 'epochs'?"),
        (("kernel_size: 3", "kernel_size: 9"), "5:7: net.layers[0]: the kernel 9×9 is larger than its input 8×8"),
        (("units: 10", "units: 12"), "net.layers[3]: gives 12 outputs as the last layer, but the data have 10 classes"),
        (("filters: 8, ", ""), "net.layers[0].conv2d.filters: missing"),
        (("decay: 1e-3", "decay: 1e-3, classes: 7"), "linear: gives 7 outputs as the last layer, but the data have 10 classes"),
    ],
)  # fmt: skip
def test_a_mistake_within_is_reported_at_its_own_place(tmp_path, change, says):
    assert any(says in line for line in mistakes(tmp_path / "p", *change)), mistakes(tmp_path / "q", *change)


@pytest.mark.parametrize("fields", ["[0.1]", "[[1, 2]]", "0.1", "fast", '""', "[]", "false"])
@pytest.mark.parametrize("kind", ["sgd: {learning_rate: 0.1}", "dense: {units: 10}"])
def test_what_is_no_mapping_where_fields_belong_is_a_mistake(tmp_path, kind, fields):
    found = mistakes(tmp_path / "p", kind, f"{kind.partition(':')[0]}: {fields}")
    assert any(
        re.match(r"\d+:\d+: net\.(training\.optimizer|layers\[3\])[^:]*: .*(expected|should)", line) for line in found
    ), found


@pytest.mark.parametrize(
    "path", ["models.net.training.epoks", "models.net.layers.dens.units", "models.net.layers.9.dense.units"]
)
def test_a_path_to_no_field_within_is_reported(tmp_path, path):
    with pytest.raises(SpecError, match="unknown field"):
        load(pack(tmp_path / "p", paper=PAPER.replace("models.*.training.epochs", path)))


MINE = (
    "data: {mine: {kind: npz, file: mine.npz, sha256: %s, classes: 10, image_shape: [8, 8, 1]}, digits: {kind: digits}}"
)
MINE %= "a" * 64


def of_a_file(folder: Path, *changes: tuple[str, str], mine: str = MINE) -> list[str]:
    """The mistakes of a pack whose networks are trained on arrays of a file."""
    models = MODELS.replace("digits/train", "mine/train")
    for change in changes:
        models, mine = models.replace(*change), mine.replace(*change)
    try:
        load(pack(folder, models, PAPER.replace("data: {digits: {kind: digits}}", mine)))
    except SpecError as error:
        return [f"{problem.where}: {problem.message}" for problem in error.problems]
    return []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ([], []),
        ([("classes: 10", "classes: 7")], ["net.layers[3]: gives 10 outputs as the last layer, but the data have 7 classes",
                                           "linear: gives 10 outputs as the last layer, but the data have 7 classes"]),
        ([(", image_shape: [8, 8, 1]", ""), ("classes: 10", "classes: 7")],
         ["net.layers[3]: gives 10 outputs as the last layer, but the data have 7 classes",
          "linear: gives 10 outputs as the last layer, but the data have 7 classes"]),
        ([("kernel_size: 3", "kernel_size: 9")], ["net.layers[0]: the kernel 9×9 is larger than its input 8×8"]),
        ([("kernel_size: 3", "kernel_size: 9"), (", image_shape: [8, 8, 1]", "")], []),
        ([("classes: 10, ", "")], ["data.mine.classes: missing; expected a whole number from 2 to 100000 (number of classes; labels are smaller than this)"]),
        ([("mine.npz", "../mine.npz")], ["data.mine.file: expected a file's name within the folders of data"]),
        ([("mine.npz", "mine.zip")], ["data.mine.file: expected a file .npz"]),
        ([("a" * 64, "abc")], ["data.mine.sha256: expected a SHA-256, 64 hexadecimal digits; found 'abc'"]),
        ([("[8, 8, 1]", "[8, 8]")], ["data.mine.image_shape: expected a list of a whole number from 1 to 100000, then"]),
        ([("[8, 8, 1]", "[8, 8, 1, 1]")], ["data.mine.image_shape: expected a list of a whole number from 1 to 100000, then"]),
    ],
)  # fmt: skip
def test_networks_are_compared_with_the_classes_and_the_shape_an_entry_of_data_says(tmp_path, changes, says):
    found = of_a_file(tmp_path / "p", *changes)
    assert len(found) == len(says) or "data." in found[0]
    for expected in says:
        assert any(line.startswith(expected) for line in found), found


def test_halves_have_the_classes_of_what_they_are_made_of(tmp_path):
    halved = MINE[:-1] + ", half: {kind: halves, of: mine}}"
    assert of_a_file(tmp_path / "p", ("mine/train", "half/p1"), mine=halved) == []
    wrong = of_a_file(tmp_path / "q", ("mine/train", "half/p1"), ("classes: 10", "classes: 7"), mine=halved)
    assert all("the data have 7 classes" in line for line in wrong)
    assert len(wrong) == 2


WEIGHTS = "{kind: weights-file, file: w.safetensors, sha256: %s, arrays: [k, b, c, d]}" % ("a" * 64)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("w.safetensors", "/etc/w.npz"), "net.training.file: expected a file's name within the folders of data"),
        (
            ("w.safetensors", "w.keras"),
            "net.training.file: expected a file .npz, .safetensors, .weights.h5, .caffemodel or .pth; found 'w.keras'",
        ),
        (("a" * 64, "a" * 63), "net.training.sha256: expected a SHA-256"),
        (("arrays: [k, b, c, d]", "array: k"), "net.training.array: unknown field; did you mean 'arrays'?"),
        (("[k, b, c, d]", "k"), "net.training.arrays: expected a list"),
        ((", sha256: " + "a" * 64, ""), "net.training: expected sha256 (or sha1)"),
    ],
)
def test_mistakes_in_a_file_of_weights_are_reported_at_their_own_place(tmp_path, change, says):
    models = MODELS.replace("{kind: minibatch, optimizer: {sgd: {learning_rate: 0.1}}, epochs: 3}", WEIGHTS)
    paper = PAPER.replace(", sets: {models.*.training.epochs: 1}", "")
    spec = load(pack(tmp_path / "p", models, paper))
    assert spec.models["net"].training.arrays == ("k", "b", "c", "d")
    assert not spec.models["net"].random
    with pytest.raises(SpecError) as error:
        load(pack(tmp_path / "q", models.replace(*change), paper))
    assert any(says in f"{problem.column}: {problem.where}: {problem.message}" for problem in error.value.problems)


def test_a_network_that_does_not_fit_images_whose_shape_only_the_file_says_is_refused_in_words():
    layers = ({"conv2d": {"filters": 2, "kernel_size": 9}}, {"dense": {"units": 10}})
    given = {"train_on": "mine/train", "layers": layers, "training": {"kind": "minibatch"}}
    images = Examples(np.zeros((4, 8, 6, 1), np.float32), np.zeros(4, np.int64), np.arange(4))
    said = "does not fit mine/train, whose images are 8×6×1: the kernel 9×9 is larger than its input 8×6"
    with pytest.raises(Infeasible, match=said):
        NetworkModel.model_validate(given)(train_on=images, streams=Streams(0, 1))


ADVERSARIAL = MODELS.replace("kind: minibatch,", "kind: adversarial-pools, attack: near, pools: [0, 2],")
NEAR = "near: {kind: ddn, target: none}\nexact: {kind: exact-linear}\nevery: {kind: fgsm, target: all}\n"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("near", "nears"), "net.training.attack: unknown attack 'nears'; did you mean 'near'?"),
        (("attack: near, ", ""), "net.training.attack: missing; expected the name of an attack"),
        (("near", "exact"), "net.training.attack: exact-linear cannot be made for the whole network; name another"),
        (("near", "every"), "net.training.attack: makes several examples of each image, and a training takes one"),
        (("[0, 2]", "[0, 4]"), "net: training: adversarial-pools cannot attack the outputs of layer 4 of 4"),
        (("[0, 2]", "[2, 2]"), "net.training: pools: expected each layer once"),
    ],
)
def test_an_attack_that_a_training_cannot_run_is_reported_where_it_is_named(tmp_path, change, says):
    good, bad = (pack(tmp_path / name, ADVERSARIAL.replace(*by)) for name, by in (("p", ("", "")), ("q", change)))
    for folder in (good, bad):
        (folder / "attacks.yaml").write_text(NEAR)
    assert load(good).models["net"].training.attack == "near"
    with pytest.raises(SpecError) as error:
        load(bad)
    found = [f"{problem.where}: {problem.message}" for problem in error.value.problems]
    assert any(says in line for line in found), found


def test_an_exact_attack_fits_where_the_layers_above_are_linear(tmp_path):
    folder = pack(tmp_path / "p", ADVERSARIAL.replace("near, pools: [0, 2]", "exact, pools: [2]"))
    (folder / "attacks.yaml").write_text(NEAR)
    assert load(folder).models["net"].training.pools == (2,)
