import fakes
import numpy as np
import pytest

from harness.datasets.digits import Digits
from harness.errors import ContractError
from harness.examples import Examples, Trained, Unkept, unwatched
from harness.kinds.registry import discover
from harness.plan import Verb
from harness.planner import make_plan
from harness.run.verbs import PERFORM
from harness.spec.reading.load import load
from harness.streams import Streams

IMAGES = {"the model's": (2, 2, 1), "flat": (1, 4, 1), "RGB": (2, 2, 3), "larger": (3, 3, 1)}


@pytest.mark.parametrize("shape", IMAGES)
@pytest.mark.parametrize("verb", [Verb.SELECT, Verb.CRAFT, Verb.MEASURE])
def test_images_of_another_shape_than_the_models_are_refused_in_words(tmp_path, monkeypatch, verb, shape):
    data = Examples(np.zeros((6, *IMAGES[shape]), np.float32), np.zeros(6, np.int64), np.arange(6))
    with fakes.registered(monkeypatch):
        spec = load(fakes.write_pack(tmp_path))
        plan = make_plan(spec, spec.paper.claims, (1,))
        job = next(job for job in plan.jobs.values() if job.verb is verb)
        given = {"victim": fakes.Threshold({"threshold": 0.5}), "data": data}
        if shape == "the model's":
            PERFORM[verb](job, given, (), unwatched, Unkept())
            return
        written = "×".join(map(str, IMAGES[shape]))
        with pytest.raises(ContractError, match=f"found images of {written}, but the model takes images of 2×2×1"):
            PERFORM[verb](job, given, (), unwatched, Unkept())


def test_a_training_is_given_the_folders_of_data(tmp_path, monkeypatch):
    given = {}
    data = Examples(np.zeros((6, 2, 2, 1), np.float32), np.zeros(6, np.int64), np.arange(6))

    def train(self, **inputs):
        given.update(inputs)
        return Trained({"threshold": np.float64(0.5)})

    monkeypatch.setattr(fakes.Brightness, "train", train)
    with fakes.registered(monkeypatch):
        spec = load(fakes.write_pack(tmp_path))
        plan = make_plan(spec, spec.paper.claims, (1,))
        job = next(job for job in plan.jobs.values() if job.verb is Verb.TRAIN)
        PERFORM[Verb.TRAIN](job, {"train_on": data}, (tmp_path,), unwatched, Unkept())
    assert given["folders"] == (tmp_path,)


def test_a_training_that_names_an_attack_runs_it_as_the_pack_says(tmp_path):
    """From the pack's text to trained weights: other fields of the attack named, other weights."""
    discover()
    pack = {
        "paper": "format: 1\npaper: {title: T}\nseed: 7\ndata: {digits: {kind: digits}}\nbudgets: {audit: {runs: 1}}\n",
        "models": "net: {kind: network, train_on: digits/train, layers: [{dense: {units: 4, activation: sigmoid}}, "
        "{dense: {units: 10}}], training: {kind: adversarial-pools, attack: shorter, pools: [1], pool_size: 20, "
        "batch_size: 10, epochs: 12, warm_up: 11, optimizer: {adam: {learning_rate: 0.03}}}}\n",
        "attacks": "near: {kind: ddn, target: none, steps: 5}\nshorter: {kind: polish, of: near, steps: 3}\n",
        "table": 'title: T\nsource: {table: 1}\nclaims:\n  e: {says: E., metric: error-rate, data: digits/test, model: net, unit: "%", '
        'printed: "7", margin: {absolute: 1, because: a test}}\n',
        "prose": 'title: P\nsource: {section: "1"}\nclaims:\n  f: {says: F., metric: error-rate, data: digits/train, '
        'model: net, unit: "%", printed: "7", margin: {absolute: 1, because: a test}}\n',
    }
    few = Digits()()["train"].take(np.arange(100))
    weights = []
    for name, steps in (("a", "steps: 5"), ("b", "steps: 5"), ("c", "steps: 2")):
        files = pack | {"attacks": pack["attacks"].replace("steps: 5", steps)}
        spec = load(fakes.write_pack(tmp_path / name, **files))
        plan = make_plan(spec, spec.paper.claims, (1,))
        job = next(job for job in plan.jobs.values() if job.verb is Verb.TRAIN)
        trained = PERFORM[Verb.TRAIN](job, {"train_on": few}, (), unwatched, Unkept())
        assert trained.facts["examples"] == 20
        weights.append(trained.weights["layer-2/kernel"])
    np.testing.assert_array_equal(weights[0], weights[1])
    assert not np.array_equal(weights[0], weights[2])


def test_a_metric_that_draws_is_given_the_streams_of_its_run(tmp_path, monkeypatch):
    pixels = np.random.default_rng(0).uniform(size=(40, 2, 2, 1)).astype(np.float32)
    data = Examples(pixels, np.arange(40) % 2, np.arange(40))
    prose = fakes.PROSE + (
        "  tops: {says: T., metric: {kind: top-purity, basis: directions}, data: points/test, model: sure, "
        "relation: greater_than, other: {metric: {kind: top-purity}}}\n"
    )
    with fakes.registered(monkeypatch):
        spec = load(fakes.write_pack(tmp_path, prose=prose))
        plan = make_plan(spec, spec.paper.claims, (1, 2))
        jobs = [plan.jobs[row.measured[0]] for row in plan.wants["section-2/tops"]]
        victim = fakes.Threshold({"threshold": 0.5})
        values = [PERFORM[Verb.MEASURE](job, {"victim": victim, "data": data}, (), unwatched, Unkept()) for job in jobs]
        expected = [job.recipe((victim,), data, None, Streams(spec.paper.seed, run)) for run, job in enumerate(jobs, 1)]
    assert values == expected
    assert values[0] != values[1]
