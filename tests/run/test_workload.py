import pytest

from harness.kinds.registry import discover
from harness.plan import Verb
from harness.planner import make_plan
from harness.run.workload import SMALL, SOME, Workload
from harness.spec.reading.load import load

PAPER = """
format: 1
paper: {title: T}
seed: 7
data: {mnist: {kind: mnist}, two: {kind: classes, of: mnist, keep: [3, 7]}}
sample: {count: 500}
budgets: {audit: {runs: 1}}
"""
TRAINING = "training: {kind: minibatch, optimizer: sgd, epochs: 1}"
MODELS = {
    "small": f"{{kind: network, train_on: mnist/train, layers: [dense: {{units: 10}}], {TRAINING}}}",
    "large": f"{{kind: network, train_on: mnist/train, layers: [dense: {{units: 1000}}, dense: {{units: 10}}], {TRAINING}}}",
    "conv": f"{{kind: network, train_on: mnist/train, layers: [conv2d: {{filters: 20, kernel_size: 5}}, "
    f"max_pooling2d: {{pool_size: 2}}, dense: {{units: 10}}], {TRAINING}}}",
    "above": f"{{kind: network, train_on: mnist/train, starts_from: large, layers: [dense: {{units: 10}}], {TRAINING}}}",
    "several": "{kind: ensemble, train_on: mnist/train, members: [large, conv]}",
    "threes": f"{{kind: network, train_on: two/train, layers: [dense: {{units: 1000}}, dense: {{units: 2}}], {TRAINING}}}",
}
WEIGHTS = {
    "small": 784 * 10,
    "large": 784 * 1000 + 1000 * 10,
    "conv": 5 * 5 * 20 * 24 * 24 + 12 * 12 * 20 * 10,
    "above": 784 * 1000 + 1000 * 10 + 10 * 10,
    "several": 784 * 1000 + 1000 * 10 + 5 * 5 * 20 * 24 * 24 + 12 * 12 * 20 * 10,
    "threes": 784 * 1000 + 1000 * 2,
}
"""Multiplications by weights for one image, written out."""


def seconds(folder, attack, count=500):
    """Expected seconds of an attack on each of the models."""
    files = {
        "paper": PAPER.replace("500", str(count)),
        "models": "\n".join(f"{name}: {text}" for name, text in MODELS.items()),
        "attacks": f"it: {attack}",
        "claims/c": "title: T\nsource: {section: '1'}\nclaims:\n"
        + "".join(
            f"  {name}: {{says: S., metric: error-rate, data: {'two' if name == 'threes' else 'mnist'}/test, model: {name}, "
            f"attack: it, relation: at_least, printed: '50', unit: '%', margin: {{absolute: 1, because: B.}}}}\n"
            for name in MODELS
        ),
    }
    for name, text in files.items():
        (folder / f"{name}.yaml").parent.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.yaml").write_text(text)
    discover()
    spec = load(folder)
    plan = make_plan(spec, spec.paper.claims, (1,))
    workload = Workload(plan)
    crafts = {job.name: job for job in plan.jobs.values() if job.verb is Verb.CRAFT}
    return {name: workload.seconds(next(j for n, j in crafts.items() if f"for {name} on" in n)) for name in MODELS}


def test_an_attack_takes_as_much_longer_as_its_network_multiplies_more_by_weights(tmp_path):
    found = seconds(tmp_path, "{kind: pgd, steps: 40}")
    assert found == pytest.approx({name: 0.5 * 0.5 * max(1, each / SMALL) for name, each in WEIGHTS.items()})


def test_an_attack_at_every_wrong_class_takes_nine_times_as_long_and_twice_the_steps_twice(tmp_path):
    one = seconds(tmp_path / "a", "{kind: pgd, steps: 40}")
    for k, (attack, times) in enumerate(
        [
            ("{kind: pgd, target: nearest, steps: 40}", 9),
            ("{kind: pgd, target: all, steps: 40}", 9),
            ("{kind: pgd, steps: 80}", 2),
            ("{kind: pgd, steps: 40, restarts: 3}", 3),
            ("{kind: pgd, steps: 40, smallest: {among: 10}}", 10),
        ]
    ):
        more = seconds(tmp_path / str(k), attack)
        assert more == pytest.approx({name: times * each for name, each in one.items()}), attack


def test_few_images_cost_like_some_on_a_small_network_and_less_than_many_on_a_large_one(tmp_path):
    few = seconds(tmp_path / "a", "{kind: pgd, steps: 40}", count=10)
    more = seconds(tmp_path / "b", "{kind: pgd, steps: 40}", count=100)
    assert few["small"] == more["small"] == pytest.approx(0.5 * SOME / 1000)
    assert few["several"] == pytest.approx(0.5 * SOME / 1000)
    assert more["several"] > 3 * few["several"]


def test_a_control_costs_the_same_whatever_the_network(tmp_path):
    found = seconds(tmp_path, "{kind: gaussian-noise, stddev: 0.1}")
    assert len(set(found.values())) == 1


@pytest.mark.parametrize(
    ("kind", "few", "many"),
    [
        ("deepfool", {"candidates": 2}, {"candidates": 10}),
        ("deepfool", {"steps": 3}, {"steps": 50}),
        ("carlini-wagner", {"steps": 100}, {"steps": 1000}),
        ("carlini-wagner", {"binary_search_steps": 3}, {}),
        ("ddn", {"steps": 100}, {"steps": 1000}),
        ("pdgd", {"steps": 20}, {}),
        ("fgsm", {}, {"smallest": {"among": 100}}),
    ],
)
def test_more_steps_candidates_or_sizes_are_expected_to_take_longer(kind, few, many):
    from harness.kinds.registry import kinds

    discover()
    less, more = (kinds("attacks")[kind].model_validate(fields).seconds for fields in (few, many))
    assert 2 < more / less < 100
