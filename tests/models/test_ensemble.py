from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from harness.attacks.fgsm import FGSM
from harness.datasets.digits import Digits
from harness.errors import Infeasible
from harness.kinds.registry import discover
from harness.models.ensemble import Ensemble
from harness.models.network import NetworkModel
from harness.planner import make_plan
from harness.spec.reading.load import load
from harness.streams import Streams

discover()
NETS = {
    "plain": ({"dense": {"units": 12, "activation": "relu"}}, {"dense": {"units": 10}}),
    "maxout": (
        {"dense": {"units": 20}},
        {"maxout": {"pieces": 2}},
        {"dropout": {"rate": 0.2}},
        {"dense": {"units": 10}},
    ),
    "branched": (
        {"branches": {"paths": ((), ({"conv2d": {"filters": 1, "kernel_size": 3, "padding": "same"}},))}},
        {"dense": {"units": 10}},
    ),
}


@pytest.fixture(scope="module")
def digits():
    return Digits()()


@pytest.fixture(scope="module")
def members(digits):
    victims = []
    for layers in NETS.values():
        training = {"kind": "minibatch", "optimizer": {"adam": {"learning_rate": 0.01}}, "epochs": 3}
        recipe = NetworkModel.model_validate({"train_on": "d/train", "layers": layers, "training": training})
        victims.append(recipe.victim(recipe(train_on=digits["train"], streams=Streams(0, 1))))
    return victims


def joined(members, digits, **fields):
    recipe = Ensemble.model_validate({"train_on": "d/train", "members": tuple(NETS)[: len(members)], **fields})
    given = {f"members-{place:03}": each for place, each in enumerate(members, 1)}
    return recipe.rebuilt(recipe(train_on=digits["train"], streams=Streams(0, 1), **given), **given)


def softmax(z):
    p = np.exp(z - z.max(1, keepdims=True))
    return p / p.sum(1, keepdims=True)


def test_its_probabilities_are_the_mean_of_its_members(members, digits):
    x = digits["test"].images[:50]
    expected = np.mean([softmax(each.exact_logits(x)) for each in members], axis=0)
    ensemble = joined(members, digits)
    np.testing.assert_allclose(softmax(ensemble.exact_logits(x)), expected, rtol=1e-9)
    np.testing.assert_allclose(np.exp(ensemble.exact_logits(x)).sum(1), 1, rtol=1e-9)
    np.testing.assert_array_equal(ensemble.predict(x), expected.argmax(1))


def test_its_logits_are_the_mean_of_its_members_where_these_are_averaged(members, digits):
    x = digits["test"].images[:50]
    expected = np.mean([each.exact_logits(x) for each in members], axis=0)
    np.testing.assert_allclose(joined(members, digits, average="logits").exact_logits(x), expected, rtol=1e-9)


@pytest.mark.parametrize("average", ["probabilities", "logits"])
def test_it_is_attacked_as_one_network_along_the_gradient_of_its_own_loss(average, members, digits):
    some = digits["test"].take(np.arange(3))
    ensemble = joined(members, digits, average=average)

    def losses(x):
        z = [each.exact_logits(x) for each in members]
        p = np.mean([softmax(each) for each in z], 0) if average == "probabilities" else softmax(np.mean(z, 0))
        return -np.log(p[np.arange(len(x)), np.repeat(some.labels, len(x) // 3)])

    x = some.images.astype(np.float64)
    moves = 1e-5 * np.eye(64).reshape(64, 8, 8, 1)
    gradient = np.stack([(losses(x + move) - losses(x - move)) / 2e-5 for move in moves], 1).reshape(x.shape)
    made = FGSM(epsilon=0.1, clip=False)(ensemble, some, Streams(0, 1)).images
    clear = abs(gradient) > 1e-5
    assert clear.mean() > 0.5
    np.testing.assert_allclose((made - some.images)[clear], 0.1 * np.sign(gradient[clear]), atol=1e-6)


def test_members_that_do_not_fit_one_another_are_refused_by_name(members, digits):
    other = NetworkModel.model_validate(
        {"train_on": "d/train", "layers": ({"dense": {"units": 12}},), "training": {"kind": "untrained"}}
    )
    twelve = other.victim(other(train_on=digits["train"], streams=Streams(0, 1)))
    with pytest.raises(Infeasible, match=r"'maxout' takes images of 8×8×1 and has 12 classes, 'plain' 8×8×1 and 10"):
        joined([members[0], twelve], digits)
    with pytest.raises(Infeasible, match="expected networks of layers with softmax; 'plain' is none"):
        joined([object(), members[1]], digits)
    with pytest.raises(ValidationError, match="at least 2"):
        joined(members[:1], digits)


PAPER = """\
format: 1
paper: {title: T, authors: [A], year: 2014, venue: V, url: "https://example.org", version: v1}
data: {digits: {kind: digits}}
budgets: {audit: {runs: 3, says: Three.}}
"""
MODELS = """\
a: {kind: network, train_on: digits/train, layers: [dense: {units: 10}], training: {kind: minibatch, epochs: 1}}
b: {kind: network, train_on: digits/train, layers: [dense: {units: 10}], training: {kind: minibatch, epochs: 1}, replica: 1}
both: {kind: ensemble, train_on: digits/train, members: [a, MEMBER]}
"""
CLAIMS = """\
title: T
source: {table: 1}
claims:
  e: {says: E., metric: error-rate, data: digits/test, model: both, printed: "8.5", unit: "%", margin: {absolute: 3, because: b}}
"""


def pack(folder: Path, member="b"):
    (folder / "claims").mkdir(parents=True)
    for name, text in {"paper.yaml": PAPER, "models.yaml": MODELS, "claims/table-1.yaml": CLAIMS}.items():
        (folder / name).write_text(text.replace("MEMBER", member))
    return load(folder)


def test_in_a_pack_its_members_are_trained_apart_and_their_keys_enter_its_own(tmp_path):
    spec = pack(tmp_path / "one")
    plan = make_plan(spec, spec.paper.claims, (1,))
    (ensemble,) = [job for job in plan.jobs.values() if job.recipe.kind == "ensemble"]
    trained = {job.name: job.key for job in plan.jobs.values() if job.recipe.kind == "network"}
    assert [ensemble.inputs[f"members-00{place}"].key for place in (1, 2)] == [trained["a"], trained["b"]]
    spec = pack(tmp_path / "two", member="a")
    (twice,) = [job for job in make_plan(spec, spec.paper.claims, (1,)).jobs.values() if job.recipe.kind == "ensemble"]
    assert twice.key != ensemble.key


def test_a_member_that_there_is_not_is_a_mistake_with_a_place(tmp_path):
    from harness.errors import SpecError

    with pytest.raises(SpecError, match=r"models.yaml:3:\d+: both.members.*unknown model 'c'"):
        pack(tmp_path, member="c")
