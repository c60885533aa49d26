"""What another package does wrong costs its own kinds, is named, and costs nothing else."""

import sys

import packages
import pytest

from harness.errors import UsageError
from harness.kinds import registry
from harness.kinds.attack import AttackRecipe
from harness.kinds.dataset import DatasetRecipe
from harness.kinds.metric import MetricRecipe
from harness.kinds.model import ModelRecipe
from harness.kinds.targeting import TargetedAttack
from harness.spec.reading.load import load


@pytest.fixture
def offer(tmp_path, monkeypatch):
    """Install packages for one test; returns what could not be used of all of them."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.setattr(registry, "_tried", {})
    monkeypatch.syspath_prepend(str(folder))
    before = set(sys.modules)

    def found(*distributions):
        for given in distributions:
            packages.install(folder, *given)
        return registry.discover()

    yield found
    for name in set(sys.modules) - before:
        if (path := getattr(sys.modules[name], "__file__", None)) and str(folder) in path:
            del sys.modules[name]


def made(kind, **change):
    text = packages.METRIC.format(kind=kind)
    for old, new in change.values():
        assert old in text
        text = text.replace(old, new)
    return text


WRONG = {
    "an import that fails": ("import no_such_module_anywhere\n", "No module named 'no_such_module_anywhere'"),
    "an exit": ("raise SystemExit(3)\n", "importing it ends the program"),
    "no Python": ("def (:\n", "SyntaxError"),
    "no edition": (made("wrong", e=(", edition=1", "")), "edition"),
    "an edition of nought": (made("wrong", e=("edition=1", "edition=0")), "edition: expected a whole number"),
    "a field without annotation": (made("wrong", f=("    def", "    top = 3\n    def")), "non-annotated attribute"),
    "the name of another kind": (made("toy-rate"), "'toy-rate' is defined by"),
    "no name": (made("Not a name"), "cannot be the name of a kind"),
    "no class": (packages.HEAD + "Made = 3\n", "an object of type int is no kind of metrics"),
    "a function": (packages.HEAD + "def Made(): ...\n", "an object of type function is no kind"),
    "a class of its own": (packages.HEAD + "class Made: ...\n", "Made is no kind of metrics"),
    "no such attribute": (made("wrong").replace("class Made", "class Other"), "has no attribute 'Made'"),
    "a misspelt method": (made("wrong", m=("def measure", "def mesure")), "found 'mesure', rename it"),
    "no docstring": (made("wrong", d=('    """A metric of another package."""\n', "")), "has no docstring"),
    "a unit there is not": (made("wrong", u=("    def", "    unit = 'percent'\n    def")), "unit: expected one of"),
    "an endless message": ("raise ValueError(list(range(100000)))\n", "ValueError: [0, 1"),
    "a field of a type that is not there": (
        made("wrong", f=("    def", "    top: Nowhere = None\n    def")),
        "has fields that cannot be written in a pack",
    ),
    "a default no spec can hold": (
        made("wrong", f=("    def", "    top: object = print\n    def")),
        "that cannot be written in a pack",
    ),
    "a default that is no number": (
        made("wrong", f=("    def", "    top: float = float('nan')\n    def")),
        "that cannot be written in a pack",
    ),
    "a field that hides a fact": (
        made("wrong", f=("    def", "    unit: str = 'fraction'\n    def")),
        "'unit' is MetricRecipe's own; set it without an annotation",
    ),
    "a base of another group": (made("wrong", b=("(MetricRecipe)", "(AttackRecipe)")), "must derive from MetricRecipe"),
    "the same kind twice": (
        made("wrong") + made("wrong").replace("Made", "Again").replace(packages.HEAD, ""),
        "is defined by",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_whatever_is_wrong_with_one_package_costs_its_own_kinds_only(offer, what):
    text, cause = WRONG[what]
    (failure,) = offer(
        ("a-good", {"a_good.py": made("first")}, packages.offering("first", "a_good")),
        ("m-wrong", {"m_wrong.py": text}, packages.offering("wrong", "m_wrong")),
        ("z-good", {"z_good.py": made("last")}, packages.offering("last", "z_good")),
    )
    assert {"first", "last", "toy-rate"} <= registry.kinds("metrics").keys()
    assert registry.kinds("metrics")["toy-rate"].__module__ != "m_wrong"
    assert "m-wrong 0.1" in str(failure)
    assert "wrong = m_wrong:Made" in str(failure)
    assert cause in str(failure)
    assert "uninstall m-wrong" in str(failure)
    assert len(str(failure)) < 900
    assert "\n" not in str(failure)


@pytest.mark.parametrize("points", ["[harness.metrics]\nno entry at all\n", "x = y:z\n[harness.metrics]\n==\n"])
def test_damaged_entry_points_cost_their_own_package_only(offer, points):
    failures = offer(
        ("broken", {}, points), ("fine", {"fine_one.py": made("fine")}, packages.offering("fine", "fine_one"))
    )
    assert "fine" in registry.kinds("metrics")
    assert all(failure.package.name == "broken" for failure in failures)


def test_a_misspelt_group_is_answered_with_the_one_that_was_meant_and_a_strangers_group_with_nothing(offer):
    (failure,) = offer(
        ("near", {"near_one.py": made("near")}, packages.offering("near", "near_one", "harness.metric")),
        ("far", {}, packages.offering("far", "far_one", "harness.drivers")),
    )
    assert "did it mean harness.metrics?" in str(failure)


def test_of_two_packages_with_one_kind_the_second_is_refused_and_both_are_named(offer):
    (failure,) = offer(
        ("aa", {"aa_one.py": made("same")}, packages.offering("same", "aa_one")),
        ("bb", {"bb_one.py": made("same")}, packages.offering("same", "bb_one")),
    )
    assert registry.kinds("metrics")["same"].offered_by == ("aa", "0.1")
    assert failure.package.name == "bb"
    assert "aa_one.Made of aa 0.1" in failure.cause


def test_a_package_that_is_offered_twice_or_as_a_module_is_no_fault(offer):
    points = "[harness.metrics]\ntwice = twice_one:Made\ntwice = twice_one:Made\nwhole = twice_one\n"
    assert offer(("twice", {"twice_one.py": made("twice")}, points)) == ()
    assert registry.kinds("metrics")["twice"].offered_by == ("twice", "0.1")


def test_what_cannot_be_used_is_tried_once_and_remembered(offer):
    text = (
        "import builtins\nbuiltins.tried_so_often = getattr(builtins, 'tried_so_often', 0) + 1\nraise OSError('no')\n"
    )
    first = offer(("once", {"once_one.py": text}, packages.offering("once", "once_one")))
    assert registry.discover() == first
    import builtins

    assert builtins.tried_so_often == 1


def test_a_pack_that_names_a_lost_kind_is_told_which_package_lost_it(offer, pack):
    offer(("sorry", {"sorry_one.py": "import no_such_module\n"}, packages.offering("toy-ratio", "sorry_one")))
    pack.edit("claims/table-1.yaml", "{label: Error, metric: toy-rate", "{label: Error, metric: toy-ratio")
    (mistake,) = pack.mistakes()
    assert "unknown metric 'toy-ratio': the package sorry 0.1 offers it, but it cannot be used" in mistake
    assert "No module named 'no_such_module'" in mistake


def test_a_pack_that_names_none_of_the_lost_kinds_is_read_as_ever(offer, pack):
    offer(("sorry", {"sorry_two.py": "import no_such_module\n"}, packages.offering("toy-ratio", "sorry_two")))
    assert load(pack.folder).paper.claims


ODD = {
    "random: expected true or false": "    @property\n    def random(self): return None\n",
    "RuntimeError: no": "    @property\n    def random(self): raise RuntimeError('no')\n",
    "seconds: expected a number": "    @property\n    def seconds(self): return 'five'\n",
    "seconds: expected a number of at least 0": "    @property\n    def seconds(self): return float('inf')\n",
    "the kind refuses these fields: KeyError": "    def model_post_init(self, context): raise KeyError('x')\n",
    "top: missing; expected a whole number": "    top: int\n",
}


@pytest.mark.parametrize("message", ODD)
def test_what_a_kind_cannot_say_of_itself_is_a_mistake_at_its_place_and_no_traceback(offer, pack, message):
    text = made("odd", p=("    def measure", f"    unit = 'fraction'\n\n{ODD[message]}\n    def measure"))
    assert offer(("odd", {"odd_one.py": text}, packages.offering("odd", "odd_one"))) == ()
    pack.edit("claims/table-1.yaml", "{label: Error, metric: toy-rate", "{label: Error, metric: odd")
    mistakes = pack.mistakes()
    assert mistakes
    assert all(message in mistake and mistake.startswith("claims/table-1.yaml:") for mistake in mistakes)


def test_an_attack_that_cannot_say_what_it_applies_to_is_a_mistake_and_no_traceback(pack, monkeypatch):
    def ask(self, model):
        return model.no_such_field

    monkeypatch.setattr(registry.kinds("attacks")["toy-push"], "applies_to", ask)
    mistakes = pack.mistakes()
    assert mistakes
    assert all("cannot say whether it applies to 'toy-net': AttributeError" in mistake for mistake in mistakes)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda self, models, classes: self.no_such_field, "the kind 'toy-rate' cannot say what it needs: AttributeError"),
        (lambda self, models, classes: models > 1, "cannot: expected a sentence or an empty text, found a value of type bool"),
        (lambda self, models, classes: f"{models} of {classes}", " of None"),
    ],
)  # fmt: skip
def test_a_metric_says_what_it_cannot_be_measured_on_and_what_it_answers_is_checked(pack, monkeypatch, answer, told):
    monkeypatch.setattr(registry.kinds("metrics")["toy-rate"], "cannot", answer)
    mistakes = [mistake for mistake in pack.mistakes() if "toy-rate" in mistake]
    assert mistakes
    assert all(told in mistake for mistake in mistakes)


METHODS = [
    (DatasetRecipe, "load", "laod", registry.dataset),
    (ModelRecipe, "train", "trian", registry.model),
    (ModelRecipe, "victim", "victm", registry.model),
    (AttackRecipe, "run", "rnu", registry.attack),
    (TargetedAttack, "run", "runs", registry.attack),
    (MetricRecipe, "measure", "messure", registry.metric),
]


@pytest.mark.parametrize(("base", "method", "misspelt", "mark"), METHODS)
def test_a_misspelt_method_is_found_when_the_kind_is_registered(base, method, misspelt, mark):
    def nothing(self, *given, **named): ...

    facts = {"splits": ("train",)} if base is DatasetRecipe else {}
    others = dict.fromkeys(base.__abstractmethods__ - {method}, nothing)
    cls = type(base)(
        "Wrong", (base,), {"__doc__": "A kind.", "__module__": __name__, misspelt: nothing, **facts, **others}
    )
    with pytest.raises(UsageError, match=f"expected a method '{method}'.*found '{misspelt}', rename it"):
        mark("wrong", edition=1)(cls)
    right = type(base)(
        "Right", (base,), {"__doc__": "A kind.", "__module__": __name__, method: nothing, **facts, **others}
    )
    mark("right", edition=1)(right)


@pytest.mark.parametrize(
    "facts", [{"splits": "train"}, {"splits": ()}, {"classes": 0}, {"classes": 2.0}, {"image_shape": (28, 28)}]
)
def test_a_data_set_that_declares_what_cannot_be_is_refused(facts):
    given = {"splits": ("train",), "load": lambda self, folders, **inputs: {}, "__doc__": "A kind.", **facts}
    cls = type(DatasetRecipe)("Wrong", (DatasetRecipe,), {"__module__": __name__, **given})
    with pytest.raises(UsageError, match=next(iter(facts))):
        registry.dataset("wrong", edition=1)(cls)


def test_what_a_package_prints_when_imported_goes_to_stderr_and_an_own_end_of_program_costs_its_kinds_only(
    offer, capsys
):
    end = 'print("hello")\n\n\nclass End(BaseException):\n    """Ends."""\n\n\nraise End("here")\n'
    (failure,) = offer(("loud", {"loud_one.py": end}, packages.offering("loud", "loud_one")))
    assert "here" in failure.cause
    out, err = capsys.readouterr()
    assert "hello" not in out
    assert "hello" in err
