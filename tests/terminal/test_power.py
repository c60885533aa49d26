"""The table of `harness plan`: what it promises each claim, and what it warns of."""

import io

import fakes
import pytest
from rich.console import Console

from harness.pipeline import prepare, verify
from harness.prepared import Options
from harness.spec.paper import Pilot
from harness.spec.reading.folder import PILOT
from harness.spec.reading.pilot import pilot_text
from harness.terminal.power import print_power

pytestmark = pytest.mark.usefixtures("fakes_without_pdf")


@pytest.fixture
def pack(tmp_path):
    return fakes.write_pack(tmp_path / "specs" / "fakes")


@pytest.fixture
def options(tmp_path):
    return Options(device="cpu", out=tmp_path / "reports", store=tmp_path / "store")


@pytest.fixture
def piloted(pack, options):
    """Give every claim a pilot in date, with the spreads given and 0.01 elsewhere."""

    def write(**spreads):
        (prepared,) = prepare([pack], options)
        (pack / PILOT).write_text(
            pilot_text(
                {
                    claim: Pilot(
                        sd=spreads.get(claim.split("/", 1)[1], 0.01),
                        other=1.0,
                        runs=5,
                        inputs=prepared.plan.inputs_digest(claim),
                    )
                    for claim in prepared.plan.wants
                }
            )
        )

    return write


@pytest.fixture
def show(pack, options):
    def go(width=120, **given):
        console = Console(file=io.StringIO(), width=width)
        (prepared,) = prepare([pack], Options(**{**vars(options), **given}))
        print_power(prepared, console)
        return console.file.getvalue()

    return go


def row(text, claim):
    return next(line for line in text.splitlines() if line.startswith(claim)).removeprefix(claim).split()


def test_without_a_pilot_there_is_no_power_and_the_command_is_named(show):
    text = show()
    assert row(text, "table-1/bright/error") == ["0", "of", "3", "±2", "no", "pilot"]
    assert row(text, "table-1/sure/error") == ["0", "of", "1", "±2", "exact"]
    assert row(text, "section-2/found") == ["0", "of", "3"]
    assert "at 10" not in text
    assert "detects" not in text
    assert "fakes --pilot --device cpu" in text
    assert "` measures the standard deviation between runs" in text


def test_with_a_pilot_the_power_at_every_rung_is_shown(show, piloted):
    piloted(**{"bright/error": 0.7})
    text = show()
    assert row(text, "table-1/bright/error") == ["0", "of", "3", "±2", "0.7", "3.4", "70", "%", "73", "%", "81", "%"]
    assert row(text, "table-1/sure/error") == ["0", "of", "1", "±2", "exact"]
    assert row(text, "section-2/transfers")[3:] == ["0.01", "0.021"]
    assert "that 3 runs would refute with a probability of 80 %" in " ".join(text.split())
    assert "bounds and orders have no such power" in text
    assert "below the noise" not in text
    assert "no pilot" not in text


def test_how_many_claims_would_stay_open_is_the_sum_of_one_minus_their_power(show, piloted):
    piloted(**{"bright/error": 4.0})
    text = show()
    percents = [row(text, claim.split()[0]) for claim in text.splitlines() if claim.count(" %") == 3]
    chances = [float(cells[cells.index("%") - 1].strip("<>")) / 100 for cells in percents]
    told = " ".join(text.split()).split("with a power: ")[1]
    assert abs(int(told.split()[0]) - sum(1 - chance for chance in chances)) <= 0.5 + 0.01 * len(chances)


def test_a_margin_below_the_noise_is_warned_of_by_name(show, piloted):
    piloted(**{"bright/error": 4.0})
    text = " ".join(show().split())
    assert "margin below the noise (1 claim): table-1/bright/error; if the paper were right" in text


def test_a_pilot_out_of_date_is_shown_as_such_and_gives_no_power(show, piloted, pack):
    piloted()
    noisier = fakes.MODELS.replace("bright: {kind: fake-brightness,", "bright: {kind: fake-brightness, noise: 0.3,")
    (pack / "models.yaml").write_text(noisier)
    text = show()
    assert row(text, "table-1/bright/error")[3:] == ["±2", "out", "of", "date"]
    assert "is out of date and ignored" in " ".join(text.split())
    assert row(text, "table-1/sure/distortion")[4:] == ["0.01", "0.071", "92", "%", "93", "%", "96", "%"]


def test_a_rehearsal_shows_no_power(show, piloted):
    piloted()
    text = show(budget="rehearsal")
    assert row(text, "table-1/bright/error") == ["0", "of", "1", "±2"]
    assert "pilot" not in text


def test_runs_that_are_stored_are_counted(show, pack, options):
    verify([pack], options)
    assert row(show(), "table-1/bright/error")[:3] == ["3", "of", "3"]


@pytest.mark.parametrize("width", [80, 120])
def test_every_line_of_the_table_fits_its_terminal_and_no_name_is_broken(show, piloted, width):
    piloted()
    text = show(width)
    assert max(map(len, text.splitlines())) <= width
    for claim in ("table-1/bright/distortion", "section-2/transfers"):
        assert row(text, claim)


def test_a_sample_that_takes_all_images_is_exact_once_the_store_shows_it(show, pack, options):
    (pack / "paper.yaml").write_text(fakes.PAPER.replace("count: 12, which: correct", "count: 1000, which: correct"))
    assert "no pilot" in " ".join(row(show(), "table-1/sure/distortion"))
    verify([pack], options)
    text = " ".join(show().split())
    assert row(show(), "table-1/sure/distortion")[-1] == "exact"
    assert "table-1/sure/distortion: its sample asks for 1000 images and uses all" in text
    assert "table-1/bright/distortion: its sample" not in text  # its model is trained anew in each run


FED = """
title: What fakes do to each other
source: {table: 2, page: 2}
columns:
  plain: {metric: error-rate, data: points/train, unit: "%", decimals: 1, margin: {absolute: 3, because: the fakes spread so far}}
  fed:
    metric: error-rate
    data: points/train
    attack: flip
    crafted_on: halved
    unit: "%"
    decimals: 1
    margin: {absolute: 3, because: the fakes spread so far}
rows:
  bright: {model: bright, printed: ["7.0", "PRINTED"]}
"""


@pytest.mark.parametrize(("printed", "told"), [("9.0", True), ("12.0", False)])
def test_a_margin_that_holds_what_no_attack_gives_is_told_table_by_table(show, pack, printed, told):
    (pack / "claims" / "table-2.yaml").write_text(FED.replace("PRINTED", printed))
    text = " ".join(show().split())
    line = "rivals (Table 2, p. 2): The margin of 1 of 2 cells also includes alternative values, which would reproduce too: the value without an attack (1)."
    assert (line in text) == told
    assert ("rival-inside: The margin of 1 claim also holds a value" in text) == told
