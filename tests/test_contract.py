"""What every registered kind must be, whoever wrote it."""

import ast
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from pydantic import ValidationError

import harness
from harness.datasets.digits import Digits
from harness.errors import ContractError, UsageError
from harness.examples import Examples, rms
from harness.kinds import digest
from harness.kinds.attack import AttackRecipe
from harness.kinds.digest import source_digest
from harness.kinds.recipe import Recipe
from harness.kinds.registry import GROUPS, discover, kinds
from harness.kinds.relation import relations
from harness.models.fully_connected import FullyConnected
from harness.streams import Streams

discover()
KINDS = [pytest.param(cls, id=f"{group}-{kind}") for group in GROUPS for kind, cls in kinds(group).items()]
ATTACKS = [pytest.param(cls, id=kind) for kind, cls in kinds("attacks").items()]
FIELDS = [
    pytest.param(cls, name, id=f"{group}-{kind}-{name}")
    for group in GROUPS
    for kind, cls in kinds(group).items()
    for name in cls.model_fields
]
WRITTEN = {
    "datasets": {"load"},
    "layers": {"output"},
    "trainings": {"train"},
    "models": {"train", "victim"},
    "attacks": {"run"},
    "metrics": {"measure"},
}
"""The methods the author of a kind writes."""
NEEDED = {
    "fully-connected": {"hidden": (3,)},
    "gaussian-noise": {"stddev": 0.1},
    "pgd": {"loss": "margin"},
    "sign-noise": {"epsilon": 0.1},
    "uniform-noise": {"epsilon": 0.1},
    "activation": {"activation": "relu"},
    "ensemble": {"members": ("a", "b")},
    "branches": {"paths": (("flatten",), ("flatten",))},
    "conv2d": {"filters": 2, "kernel_size": 3},
    "depthwise_conv2d": {"kernel_size": 3},
    "locally_connected2d": {"filters": 2, "kernel_size": 3},
    "dense": {"units": 2},
    "rbf": {"units": 2},
    "reshape": {"target_shape": (4,)},
    "network": {"layers": ("flatten",), "training": {"kind": "minibatch"}},
    "image-files": {"train": {"source": "some.zip"}, "size": 8, "classes": 3},
    "npz": {"file": "some.npz", "sha256": "0" * 64, "classes": 3},
    "weights-file": {"file": "some.npz", "sha256": "0" * 64},
}
"""Fields without which a kind cannot be made, or another field not be given: arguments that Keras requires, defaults that do nothing."""
OTHERS = {
    ("branches", "paths"): (("flatten",), ({"dense": {"units": 2}},)),
    ("network", "layers"): ({"dense": {"units": 3}},),
    ("network", "training"): {"kind": "lbfgs"},
    **{(kind, "file"): "another.npz" for kind in ("npz", "weights-file")},
    **{(kind, "sha256"): "f" * 64 for kind in ("npz", "weights-file")},
    ("weights-file", "sha1"): "f" * 40,
    **{(kind, "smallest"): {"among": 7} for kind in ("fgsm", "gaussian-blur", "pgd")},
    ("lbfgs", "shared_constant"): {"error_above": 0.9, "images": 5},
    ("image-files", "train"): {"source": "another.zip"},
    ("image-files", "test"): {"source": "another.zip"},
    ("image-files", "names"): {"file": "names.txt", "sha256": "0" * 64},
    ("image-files", "at_most"): {"grey": 0.5},
    ("image-files", "resize"): (8, 9),
    ("channel_swap", "order"): (1, 0, 2),
    ("local_response_normalization", "size"): 7,
    ("local_contrast_normalization", "size"): 7,
    ("npz", "image_shape"): (8, 8, 1),
    ("rubbish", "image_shape"): (8, 8, 1),
    ("npz", "train"): {"images": "photographs", "labels": "y_train"},
    ("npz", "test"): {"images": "photographs", "labels": "y_test"},
    ("weights-file", "arrays"): ("w1", "b1"),
    ("classes", "rest"): True,
    ("sparse-autoencoder", "tied"): True,
    ("sparse-autoencoder", "lbfgs"): {"iterations": 30},
    **{
        (kind, field): value
        for kind in ("minibatch", "adversarial", "adversarial-pools", "fine-tuning", "distillation")
        for field, value in {
            "optimizer": {"sgd": {"learning_rate": 0.1}},
            "early_stopping": {"patience": 3},
            "augmentation": {"shift": 2},
        }.items()
    },
}
"""Another value of fields that hold more than a number, a word or a list of numbers."""
INSTEAD = {("weights-file", "sha1"): {"sha256": None, "sha1": "0" * 40}, ("polish", "norm"): {"method": "averaged"}}
"""Fields that stand in the place of another one of NEEDED, or need another one: what to begin with."""


def example(cls: type[Recipe], **changed: Any) -> Recipe:
    """A recipe of the kind: defaults, and names where names are required."""
    names = {name: "some/train" for name in cls.references() if cls.model_fields[name].is_required()}
    return cls.model_validate(names | NEEDED.get(cls.kind, {}) | changed)


def literals(annotation: Any) -> list[Any]:
    """Every constant a field's annotation lists."""
    inner = [value for part in get_args(annotation) for value in literals(part)]
    return inner + [value for value in get_args(annotation) if isinstance(value, str)]


def variants(recipe: Recipe, name: str) -> list[Recipe]:
    """The recipe with one field changed, in every way that is valid and easy to think of."""
    value = getattr(recipe, name)
    number = value if isinstance(value, int | float) else 1
    tries = [
        *literals(type(recipe).model_fields[name].annotation),
        *([not value] if isinstance(value, bool) else [number + 1, number * 2, number / 2, number + 0.5, 0.01]),
        (3,),
        (3, 4),
        (1e-3,),
        "another",
        OTHERS.get((recipe.kind, name)),
    ]
    found = []
    for changed in tries:
        try:
            made = example(type(recipe), **INSTEAD.get((recipe.kind, name), {}) | {name: changed})
        except ValidationError:
            continue
        if getattr(made, name) != value:
            found.append(made)
    return found


@pytest.mark.parametrize("cls", KINDS)
def test_it_says_in_a_docstring_what_it_is(cls):
    assert cls.__doc__
    assert cls.__doc__ not in {base.__doc__ for base in cls.__mro__[1:]}
    assert cls.__doc__.strip().splitlines()[0].endswith(".")


@pytest.mark.parametrize("cls", KINDS)
def test_it_has_an_edition_and_a_source(cls):
    assert cls.edition >= 1
    assert len(source_digest(cls)) == 12


@pytest.mark.parametrize("cls", KINDS)
def test_its_author_wrote_the_methods_of_its_group(cls):
    for method in WRITTEN[cls.group]:
        assert getattr(cls, method) is not getattr(GROUPS[cls.group], method), method


@pytest.mark.parametrize(("cls", "name"), FIELDS)
def test_every_field_is_documented_and_has_a_default_unless_it_names_another_entry(cls, name):
    field = cls.model_fields[name]
    assert field.description
    assert field.description.strip()[-1] in ".!)"
    assert not field.is_required() or name in cls.references() or name in NEEDED[cls.kind]


@pytest.mark.parametrize(("cls", "name"), FIELDS)
def test_every_number_has_a_bound(cls, name):
    schema = cls.model_json_schema()["properties"][name]
    options = schema.get("anyOf", [schema])
    options += [option["items"] for option in options if isinstance(option.get("items"), dict)]
    for option in options:
        if option.get("type") in {"integer", "number"}:
            assert option.keys() & {"minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"}, option


@pytest.mark.parametrize("cls", KINDS)
def test_it_survives_json(cls):
    recipe = example(cls)
    again = cls.model_validate_json(recipe.model_dump_json())
    assert again == recipe
    assert again.fingerprint() == recipe.fingerprint()


@pytest.mark.parametrize("cls", KINDS)
def test_its_fields_are_plain_data(cls):
    fields = example(cls).fields()
    assert json.loads(json.dumps(fields)) == fields


@pytest.mark.parametrize(("cls", "name"), FIELDS)
def test_a_changed_field_changes_the_key_and_a_changed_name_does_not(cls, name):
    recipe = example(cls)
    if name in cls.references():
        if not cls.model_fields[name].is_required():
            pytest.skip("an optional name decides which other fields are allowed")
        several = isinstance(getattr(recipe, name), tuple)
        assert example(cls, **{name: ("c", "d") if several else "another/test"}).fingerprint() == recipe.fingerprint()
        assert name not in recipe.fields()
        return
    recipe = example(cls, **INSTEAD.get((cls.kind, name), {}))
    changed = [made for made in variants(recipe, name) if made is not recipe]
    assert changed, f"no other valid value of {name} was found; give one in NEEDED"
    keys = {recipe.fingerprint(), *(variant.fingerprint() for variant in changed)}
    assert len(keys) == 1 + len({str(getattr(variant, name)) for variant in changed})


LATER = {
    "deepfool": {"norm", "clip"},
    "fgsm": {"clip", "smallest"},
    "lbfgs": {"ladder", "shared_constant", "start"},
    "pgd": {"target", "loss", "confidence", "momentum", "smallest"},
    "polish": {"method", "norm", "patience", "rivals"},
}
"""Fields that came when their kind had been published."""


@pytest.mark.parametrize(("kind", "later"), LATER.items())
def test_a_field_that_came_later_leaves_no_trace_in_the_key_while_it_has_its_default(kind, later):
    cls = kinds("attacks")[kind]
    names = {name: "another" for name in cls.references() if cls.model_fields[name].is_required()}
    assert cls(**names).fields().keys() == cls.model_fields.keys() - names.keys() - later
    for name in later:
        assert cls(**names, **{name: cls.model_fields[name].default}).fingerprint() == cls(**names).fingerprint()


@pytest.mark.parametrize("cls", KINDS)
def test_unknown_fields_are_refused(cls):
    with pytest.raises(ValidationError, match="no_such_field"):
        example(cls, no_such_field=1)


@pytest.mark.parametrize("cls", KINDS)
def test_it_cannot_be_changed(cls):
    recipe = example(cls)
    for name in cls.model_fields:
        with pytest.raises((ValidationError, AttributeError), match=r"frozen|cannot be set"):
            setattr(recipe, name, getattr(recipe, name))


@pytest.mark.parametrize("cls", KINDS)
def test_it_says_what_it_costs_and_whether_it_draws(cls):
    recipe = example(cls)
    assert 0 < recipe.seconds < 86_400
    assert isinstance(recipe.random, bool)


def test_no_two_kinds_share_a_key():
    keys = [example(cls).fingerprint() for group in GROUPS for cls in kinds(group).values()]
    assert len(set(keys)) == len(keys)


def strings(tree: ast.AST) -> Iterator[ast.Constant]:
    """The string constants of a module, docstrings and the texts under names left out."""
    texts = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in texts:
            yield node


def test_no_string_in_judge_report_plan_or_run_is_the_name_of_a_kind_or_a_relation():
    package = Path(harness.__file__).parent
    files = [
        *package.glob("pl*.py"),
        *package.glob("pilot.py"),
        *(file for group in ("judge", "report", "run", "terminal") for file in (package / group).rglob("*.py")),
    ]
    assert len(files) > 80
    names = {kind for group in GROUPS for kind in kinds(group)} | set(relations())
    named = [
        f"{file.relative_to(package)}:{node.lineno}: {node.value!r}"
        for file in files
        for node in strings(ast.parse(file.read_text(encoding="utf-8")))
        if node.value in names
    ]
    assert named == [], "; a kind or a relation declares what is asked of it, or a constant elsewhere holds the word"


def test_a_kind_in_the_wrong_room_is_refused():
    from harness.kinds.registry import metric

    with pytest.raises(UsageError, match="must derive from MetricRecipe"):
        metric("misplaced", edition=1)(type("Misplaced", (AttackRecipe,), {}))


@pytest.fixture(scope="module")
def softmax():
    """A classifier every attack applies to, and images to attack."""
    digits = Digits()()
    recipe = FullyConnected(train_on="digits/train", decay=1e-3)
    victim = recipe.victim(recipe(train_on=digits["train"], streams=Streams(0, 1)))
    return victim, digits["test"].take(np.arange(20, 36))


def examples_of_others(cls: type[Recipe], victim: Any, clean: Examples) -> dict[str, Examples]:
    """What an attack that needs another's examples is given: those of the fast gradient sign method."""
    needed = [name for name, mark in cls.references().items() if mark.group == "attacks"]
    required = [name for name in needed if cls.model_fields[name].is_required()]
    return {name: kinds("attacks")["fgsm"]()(victim, clean, Streams(4, 2)) for name in required}


@pytest.mark.parametrize("cls", ATTACKS)
def test_an_attack_made_twice_is_the_same_and_leaves_its_images_alone(cls, softmax):
    victim, clean = softmax
    before = Examples(clean.images.copy(), clean.labels.copy(), clean.index.copy())
    others = examples_of_others(cls, victim, clean)
    first, second = (example(cls)(victim, clean, Streams(4, 2), **others) for _ in range(2))
    for name in ("images", "labels", "index", "targets", "found", "distortion"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
        np.testing.assert_array_equal(getattr(clean, name), getattr(before, name))


@pytest.mark.parametrize("cls", ATTACKS)
def test_an_attack_says_rightly_whether_it_draws(cls, softmax):
    victim, clean = softmax
    recipe, others = example(cls), examples_of_others(cls, victim, clean)
    first, second = (recipe(victim, clean, Streams(4, run), **others) for run in (1, 2))
    assert recipe.random == (not np.array_equal(first.images, second.images))


@pytest.mark.parametrize("cls", ATTACKS)
def test_an_attack_keeps_each_images_label_and_index(cls, softmax):
    victim, clean = softmax
    made = example(cls)(victim, clean, Streams(4, 2), **examples_of_others(cls, victim, clean))
    np.testing.assert_array_equal(np.unique(made.index), np.sort(clean.index))
    labels = dict(zip(clean.index, clean.labels, strict=True))
    np.testing.assert_array_equal(made.labels, [labels[index] for index in made.index])


@pytest.mark.parametrize("cls", ATTACKS)
def test_every_example_an_attack_calls_found_meets_its_criterion_in_float64(cls, softmax):
    victim, clean = softmax
    recipe = example(cls)
    made = recipe(victim, clean, Streams(4, 2), **examples_of_others(cls, victim, clean))
    seen = victim.exact_logits(made.images).argmax(1)
    by_target = recipe.by_target and made.targets is not None
    reached = seen == made.targets if by_target else seen != made.labels
    assert reached[made.found].all()


@pytest.mark.parametrize("cls", ATTACKS)
def test_an_attack_that_lies_is_refused_whatever_it_made(cls, softmax):
    victim, clean = softmax
    recipe, others = example(cls), examples_of_others(cls, victim, clean)
    honest = recipe(victim, clean, Streams(4, 2), **others)
    unmoved = clean.images[clean.rows_of(honest.index)]
    assert (victim.predict(clean.images) == clean.labels).any()
    lies = {
        "do not meet their criterion": replace(honest, images=unmoved, found=np.ones(len(honest), bool)),
        "were left out": honest.take(np.flatnonzero(honest.index != clean.index[0])),
        "expected 1 example of each image": honest.take(np.repeat(np.arange(len(honest)), 2)),
        "expected the clean images' labels": replace(honest, labels=(honest.labels + 1) % 10),
    }
    for told, lie in lies.items():
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(cls, "run", lambda *_, lie=lie, **__: lie)
            with pytest.raises(ContractError, match=told):
                recipe(victim, clean, Streams(4, 2), **others)


@pytest.mark.parametrize("cls", KINDS)
def test_it_is_harness_s_own_so_that_its_edition_and_not_its_source_is_in_its_key(cls, monkeypatch):
    recipe = example(cls)
    before = recipe.fingerprint()
    monkeypatch.setattr("harness.kinds.recipe.full_digest", lambda _: "another")
    assert recipe.fingerprint() == before
    assert recipe.offered_by == ("", "")


def test_an_outside_kind_that_builds_on_one_of_harness_s_depends_on_its_edition(monkeypatch):
    lbfgs = kinds("attacks")["lbfgs"]
    mine = type(lbfgs)("Mine", (lbfgs,), {"__module__": __name__, "__doc__": "Mine."})
    mine.kind, mine.edition = "mine", 1
    before = mine().fingerprint()
    assert mine().fingerprint() == before
    monkeypatch.setattr(lbfgs, "edition", lbfgs.edition + 1)
    assert mine().fingerprint() != before


def test_a_digest_covers_the_engine_a_kind_reaches_and_not_the_contract_all_kinds_pass_through():
    def reached(cls):
        return {name for name, _ in digest._reached(cls)}

    lbfgs, rate = kinds("attacks")["lbfgs"], kinds("metrics")["error-rate"]
    assert {"harness/engine/lbfgsb.py", "harness/engine/c_search.py", "harness/kinds/targeting.py"} <= reached(lbfgs)
    assert "harness/engine/polish.py" in reached(kinds("attacks")["polish"])
    assert not {name for name in reached(rate) if name.startswith("harness/engine")}
    assert not {"harness/kinds/recipe.py", "harness/kinds/registry.py"} & (reached(lbfgs) | reached(rate))


@pytest.mark.parametrize("at_once", [1, 5, 16])
def test_distortions_measured_part_by_part_are_those_of_all_at_once_to_the_bit(softmax, monkeypatch, at_once):
    victim, clean = softmax
    monkeypatch.setattr("harness.kinds.attack.MEASURED_AT_ONCE", at_once)
    made = kinds("attacks")["fgsm"]()(victim, clean, Streams(4, 2))
    np.testing.assert_array_equal(made.distortion, rms(made.images.astype(np.float64) - clean.images))
    assert made.distortion.min() > 0
