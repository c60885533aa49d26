import fakes
import numpy as np
import pytest

from harness.errors import ContractError
from harness.examples import Examples, Trained, Unkept, unwatched
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
