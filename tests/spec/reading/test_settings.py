"""The settings of a pack: each is set by an assumption, not printed, or taken as printed, and is counted once."""

import pytest
from click.testing import CliRunner

from harness.cli import main
from harness.errors import SpecError
from harness.kinds import registry
from harness.spec.reading.init import init
from harness.spec.reading.load import load

NETWORK = """
deep:
  kind: network
  train_on: digits/train
  layers: [flatten, dense: {units: 20, activation: relu}, dropout: {rate: 0.1}, dense: {units: 10}]
  training: {kind: adversarial, attack: lbfgs, optimizer: {sgd: {learning_rate: 0.1, momentum: 0.9}}, epochs: 3}
"""
"""Written are units, activation, rate, units, flatten; learning_rate, momentum, epochs: no kind, no name of another entry."""
OPEN = """
  passes:
    question: How long?
    readings: {short: {sets: {models.deep.training.epochs: 1}}, long: {sets: {models.*.training.epochs: 2}}}
    chosen: short
    because: it is short
"""


@pytest.fixture
def pack(tmp_path, monkeypatch):
    """A pack of the real kinds: four settings of its two models, and `sample.which`, which an assumption sets."""
    monkeypatch.undo()
    registry.discover()

    def write(stated="", models="", assumptions=""):
        folder = tmp_path / "pack"
        init(folder)
        with (folder / "models.yaml").open("a") as file:
            file.write(models)
        paper = (folder / "paper.yaml").read_text()
        assert paper.count("assumptions:\n") == 1
        paper = paper.replace("assumptions:\n", f"assumptions:\n{assumptions.lstrip(chr(10))}")
        (folder / "paper.yaml").write_text(f"{paper}{stated and f'not_printed: {stated}'}\n")
        return folder

    return write


def counted(folder):
    found = load(folder).settings
    return found.count, found.varied, found.own


def test_what_models_and_attacks_write_and_assumptions_set_is_counted(pack):
    assert counted(pack()) == (5, 1, 0)


@pytest.mark.parametrize(
    ("stated", "own"),
    [
        ("[models.linear.decay]", (5, 1, 1)),
        ("[models.*.decay]", (5, 1, 2)),
        ("[models.*.decay, models.linear.decay]", (5, 1, 2)),
        ("[models.*.decay, models.*.hidden]", (5, 1, 4)),
        ("[attacks.lbfgs.penalty]", (6, 1, 1)),  # left at its default, which is the pack's choice too
        ("[sample.which]", (5, 1, 0)),  # an assumption sets it already
        ("[sample.count]", (6, 1, 1)),
    ],
)
def test_each_path_says_of_what_it_matches_that_it_is_not_printed(pack, stated, own):
    assert counted(pack(stated)) == own


@pytest.mark.parametrize(
    ("stated", "own"),
    [
        ("", 0),
        ("[models.deep.training]", 3),
        ("[models.deep.training.optimizer.sgd]", 2),
        ("[models.deep.layers.dense.units]", 2),
        ("[models.deep.layers]", 5),
        ("[models.deep.training.batch_size]", 1),
    ],
)
def test_settings_within_layers_and_trainings_are_counted_one_by_one(pack, stated, own):
    default = "batch_size" in stated
    assert counted(pack(stated, NETWORK)) == (13 + default, 1, own)


def test_what_any_reading_sets_is_open_and_not_the_packs_own(pack):
    assert counted(pack("[models.deep.training]", NETWORK, OPEN)) == (13, 2, 2)


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("models.linear.dekay", "unknown field 'dekay' of fully-connected; did you mean 'decay'"),
        ("models.lin.decay", "unknown model 'lin'; did you mean 'linear'"),
        ("modls.linear.decay", "unknown part of a pack 'modls'"),
        ("models.linear", "expected at least three steps"),
    ],
)
def test_a_path_that_matches_nothing_is_a_mistake_at_its_place(pack, path, says):
    with pytest.raises(SpecError) as raised:
        load(pack(f"[{path}]"))
    (problem,) = raised.value.problems
    assert says in problem.message
    assert (problem.file.name, problem.where, problem.column) == ("paper.yaml", "not_printed[0]", 15)
    assert problem.rule == "path-sets-nothing"


def test_the_paper_s_part_which_the_record_keeps_has_the_paths_as_written(pack):
    assert load(pack("[models.*.decay, sample.count]")).paper.not_printed == ("models.*.decay", "sample.count")


def test_a_paper_that_lists_none_keeps_none(pack):
    assert load(pack()).paper.not_printed == ()


def test_what_is_no_list_of_paths_is_a_mistake(pack):
    with pytest.raises(SpecError, match="not_printed"):
        load(pack("models.linear.decay"))


PLANNED = {
    "": "settings: 5: 1 set by an assumption, 4 taken as printed; "
    "list those that the paper does not print under 'not_printed' in paper.yaml.",
    "[models.*.decay]": "settings: 5: 1 set by an assumption, 2 not printed, so the pack's own (models.*.decay), 2 taken as printed.",
    "[models.*.decay, models.*.hidden]": "settings: 5: 1 set by an assumption, "
    "4 not printed, so the pack's own (models.*.decay, models.*.hidden).",
}


@pytest.mark.parametrize("stated", PLANNED)
def test_plan_tells_of_all_of_them_in_one_line(pack, tmp_path, stated):
    told = CliRunner().invoke(main, ["plan", str(pack(stated)), "--store", str(tmp_path / "store")]).output
    assert [line for line in told.splitlines() if "print" in line and "coverage" not in line] == [PLANNED[stated]]


def test_of_a_demonstration_whose_settings_no_paper_prints_nothing_is_told(pack, tmp_path):
    folder = pack()
    paper = (folder / "paper.yaml").read_text()
    (folder / "paper.yaml").write_text(paper.replace("  note: An", "  demonstration: other data\n  note: An"))
    told = CliRunner().invoke(main, ["plan", str(folder), "--store", str(tmp_path / "store")])
    assert told.exit_code == 0, told.output
    assert "settings:" not in told.output
