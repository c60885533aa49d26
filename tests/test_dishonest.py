"""Seventeen ways to a green that means nothing: each is refused, or named before the verdicts, and ``--strict`` fails on it."""

import json
import re
import time
from pathlib import Path

import fakes
import pytest
from click.testing import CliRunner

from harness.cli import main
from harness.planner import make_plan
from harness.spec.reading.load import load

pytestmark = pytest.mark.usefixtures("fakes_without_pdf")

HEAD = 'title: What fakes do\nsource: {section: "2", page: 2}\nclaims:\n'
GOOD = (
    "  good: {says: Good., metric: distortion, data: points/train, model: bright, attack: flip, decimals: 2, "
    'printed: "0.22", margin: {absolute: 0.10, because: the fakes spread so far}}\n'
)
EXACT = (
    '  exact: {says: Exact., metric: error-rate, data: points/test, model: sure, unit: "%", printed: "0.0", '
    "margin: {absolute: 2, because: one image in forty}}\n"
)
BAD = (
    "  bad: {says: Bad., metric: distortion, data: points/train, model: halved, attack: flip, decimals: 2, "
    'printed: "0.45", margin: {absolute: 0.05, because: the fakes spread so far}}\n'
)
ERROR = '  {name}: {{says: Errs., metric: error-rate, data: points/{split}, model: {model}, unit: "%", {more}}}\n'
WIDER = BAD.replace("absolute: 0.05", "absolute: 0.30")


def error(more, name="error", model="sure", split="test"):
    return ERROR.format(name=name, model=model, split=split, more=more)


def harness(*words):
    ended = CliRunner().invoke(main, [str(word) for word in words])
    assert "Traceback" not in ended.output
    return ended


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Writes the claims, and paper.yaml, into the one pack there is."""
    monkeypatch.chdir(tmp_path)
    pack = Path("specs/fakes")

    def go(*claims, paper=fakes.PAPER):
        fakes.write_pack(pack, paper=paper, prose=HEAD + "".join(claims))
        (pack / "claims" / "table-1.yaml").unlink()
        return pack

    return go


def first_screen(text):
    """What is said before the verdicts, without the lines of progress."""
    return re.split(r"^claim +printed", text, maxsplit=1, flags=re.MULTILINE)[0]


def caught(name, words, *, plain, strict, linted=None):
    """Check that a doubt is named before the verdicts by verify and judge, and in the report's first lines."""
    verified = harness("verify", "specs/fakes")
    assert verified.exit_code == plain, verified.output
    judged = harness("judge", "reports/fakes")
    assert judged.exit_code == plain
    for ended in (verified, judged):
        assert f"{name}: " in first_screen(ended.output)
        assert words in first_screen(ended.output)
    document = json.loads(harness("judge", "reports/fakes", "--json").stdout)
    assert name in {doubt["doubt"] for doubt in document["doubts"]}
    page = Path("reports/fakes/index.html").read_text()
    doubt = name.replace("-", " ")
    assert doubt in re.search(r"<dt>Doubts</dt><dd>(.*?)</dd>", page)[1]
    assert f"Doubt ({doubt})" in page.partition('<ul class="reasons">')[0]
    for command in (("verify", "specs/fakes"), ("judge", "reports/fakes")):
        assert harness(*command, "--strict").exit_code == strict
    if linted is not None:
        lint = harness("lint", "specs/fakes")
        assert (lint.exit_code, f"[{name}]" in lint.output) == (0, linted)
        assert harness("lint", "specs/fakes", "--strict").exit_code == (2 if linted else 0)
    return document


def refused(rule):
    """Check that lint and verify refuse the pack, strict or not."""
    for words in (("lint", "specs/fakes"), ("verify", "specs/fakes")):
        for strict in ((), ("--strict",)):
            ended = harness(*words, *strict)
            assert ended.exit_code == 2
            assert f"[{rule}]" in ended.output
    assert not Path("reports").exists()


def test_an_honest_pack_has_no_doubt_and_a_wrong_number_is_refuted(write):
    write(GOOD, EXACT)
    for _ in range(2):
        ended = harness("verify", "specs/fakes", "--strict")
        assert (ended.exit_code, "doubt" in ended.output) == (0, False), ended.output
    assert harness("judge", "reports/fakes", "--strict").exit_code == 0
    assert harness("lint", "specs/fakes", "--strict").exit_code == 0
    write(GOOD, EXACT, BAD)
    assert harness("verify", "specs/fakes", "--out", "others").exit_code == 1


def by_hand(pack, sd):
    """Write a line of pilot.yaml by hand, with the digest that makes it count."""
    spec = load(pack)
    inputs = make_plan(spec, spec.paper.claims, (1,)).inputs_digest("section-2/bad")
    line = f'section-2/bad: {{sd: {sd}, images_sd: 0.05, runs: 5, inputs: "{inputs}"}}\n'
    (pack / "pilot.yaml").write_text(line)


def test_1_a_pilot_written_by_hand_is_called_unbacked(write):
    by_its_pilot = BAD.replace("absolute: 0.05", "same_images: true").replace(
        "halved,", "halved, sample: {count: null},"
    )
    by_hand(write(GOOD, EXACT, by_its_pilot), 0.15)
    caught(
        "pilot-unbacked",
        "The pilot runs of 1 claim in pilot.yaml are not in this record",
        plain=0,
        strict=5,
        linted=False,
    )


def test_2_a_margin_widened_after_the_verdict_is_an_amendment(write):
    write(GOOD, EXACT, BAD)
    assert harness("verify", "specs/fakes").exit_code == 1
    write(GOOD, EXACT, WIDER)
    words = "margin of section-2/bad from ±0.05 to ±0.3"
    found = caught("amended", words, plain=0, strict=5)
    assert [(each["what"], each["after_runs"]) for each in found["amendments"]] == [("margin", 3)]
    page = Path("reports/fakes/index.html").read_text()
    assert "from “±0.05” to “±0.3”" in page


def test_3_a_printed_number_changed_after_the_verdict_is_an_amendment(write):
    write(GOOD, EXACT, BAD)
    assert harness("verify", "specs/fakes").exit_code == 1
    write(GOOD, EXACT, BAD.replace('"0.45"', '"0.22"').replace("0.05", "0.10"))
    words = "printed of section-2/bad from 0.45 distortion to 0.22 distortion"
    caught("amended", words, plain=0, strict=5, linted=False)


def test_4_a_record_whose_checksum_was_cut_out_says_so(write):
    write(GOOD, EXACT, BAD)
    harness("verify", "specs/fakes")
    file = Path("reports/fakes/record/results.json")
    content = json.loads(file.read_text())
    for run in content["measurements"]["section-2/bad"]["runs"]:
        run["measured"]["value"] += 0.235
    file.write_text(json.dumps(content))
    assert harness("judge", "reports/fakes").exit_code == 2
    del content["checksum"]
    file.write_text(json.dumps(content))
    judged = harness("judge", "reports/fakes")
    assert judged.exit_code == 0
    assert "unverified: This record has no checksum" in first_screen(judged.output)
    assert harness("judge", "reports/fakes", "--strict").exit_code == 5
    assert harness("report", "reports/fakes").exit_code == 0
    page = Path("reports/fakes/index.html").read_text()
    assert "Unverified numbers." in page.partition("</header>")[0]
    assert harness("verify", "specs/fakes").exit_code == 2  # the store contradicts it


def test_5_seeds_tried_add_up(write):
    for seed in (7, 8, 9):
        write(GOOD, EXACT, paper=fakes.PAPER.replace("seed: 7", f"seed: {seed}"))
        harness("verify", "specs/fakes")
    caught("seeds-tried", "This is the third seed that was tried (7, 8, 9; now 9)", plain=0, strict=5, linted=False)


def test_6_an_absolute_margin_of_99_is_called_wide(write):
    write(
        GOOD, EXACT, error('printed: "0.5", margin: {absolute: 99, because: the fakes spread so far}', model="bright")
    )
    caught("wide-margin", "The margin of 1 claim reaches farther than half", plain=0, strict=5, linted=True)


def test_7_a_relative_margin_of_20_is_refused(write):
    write(GOOD, EXACT, BAD.replace("absolute: 0.05", "relative: 20"))
    refused("margin-cannot-be-missed")


def test_8_a_sampling_margin_of_two_images_is_called_small(write):
    two = error('printed: "20.0", margin: {sampling: {images: 2}, because: as many as in the paper}')
    write(GOOD, two)
    caught("small-sample", "is that of a sample of fewer than 30 images", plain=0, strict=5, linted=True)


def test_9_a_bound_that_nothing_can_miss_is_refused_and_one_that_hardly_anything_can_is_named(write):
    easy = 'printed: "{}", relation: {}, margin: {{absolute: 1, because: one image in forty}}'
    write(GOOD, error(easy.format("0", "at_least"), model="bright"))
    refused("margin-cannot-be-missed")
    write(GOOD, EXACT, error(easy.format("97", "at_most"), model="bright"))
    caught("bound-at-the-edge", "The bound of 1 claim is at the edge", plain=0, strict=5, linted=True)


def test_10_one_number_eight_times_as_primary_is_named(write):
    write(GOOD, *(EXACT.replace("exact", f"exact-{number}") for number in range(8)))
    caught("measured-twice", "8 primary claims measure the same", plain=0, strict=5, linted=True)


def test_11_a_pack_without_a_primary_claim_is_named_and_ends_with_4(write):
    write(BAD.replace("says: Bad.", "says: Bad., primary: false"))
    caught("no-primary-claim", "No claim is primary", plain=4, strict=4, linted=True)


def test_12_a_pack_that_declares_everything_is_named_and_ends_with_4(write):
    declared = BAD.replace("says: Bad.", "says: Bad., deviates_because: The data differ.")
    write(declared)
    caught("everything-declared", "The one primary claim is declared to deviate", plain=4, strict=4, linted=True)


def test_13_readings_fitted_on_the_bad_claims_are_named(write):
    fitted = fakes.READINGS.replace("chosen: little\n", 'chosen: little\n    fitted_on: ["section-2/bad*"]\n')
    worse = BAD.replace("bad:", "bad-too:").replace("points/train", "points/test")
    write(GOOD, EXACT, BAD, worse, paper=fakes.PAPER + fitted)
    caught("mostly-fitted", "Readings were fitted on 2 claims, and 2 are primary", plain=0, strict=5, linted=True)


def test_14_trivial_claims_that_dilute_holm_are_named(write):
    more = 'printed: "97", relation: at_most, margin: {absolute: 1, because: one image in forty}'
    models = [(model, split) for model in ("bright", "halved", "sure") for split in ("train", "test")]
    idle = [error(more, name=f"idle-{model}-{split}", model=model, split=split) for model, split in models]
    write(GOOD, *idle)
    caught("mostly-trivial", "6 of 7 primary claims could hardly fail", plain=0, strict=5, linted=True)


def test_15_a_margin_without_a_reason_is_refused_and_one_with_hardly_any_is_named(write):
    write(GOOD, EXACT.replace("because: one image in forty", 'because: " "'))
    refused("says-nothing")
    write(GOOD, EXACT.replace("because: one image in forty", "because: reasonable"))
    caught("bare-reason", "gives no reason to speak of", plain=0, strict=5, linted=True)


def test_16_a_claim_made_secondary_or_withdrawn_after_the_verdict_is_an_amendment(write):
    write(GOOD, EXACT, BAD)
    assert harness("verify", "specs/fakes").exit_code == 1
    write(GOOD, EXACT, BAD.replace("says: Bad.", "says: Bad., primary: false"))
    caught("amended", "primary of section-2/bad from yes to no", plain=0, strict=5, linted=False)
    write(GOOD, EXACT)
    caught("amended", "claim of section-2/bad withdrawn", plain=0, strict=5, linted=False)


def test_17_a_relation_changed_after_the_verdict_is_an_amendment(write):
    write(GOOD, EXACT, BAD)
    assert harness("verify", "specs/fakes").exit_code == 1
    write(GOOD, EXACT, BAD.replace('printed: "0.45"', 'printed: "0.45", relation: at_most'))
    words = "relation of section-2/bad from close_to to at_most"
    caught("amended", words, plain=0, strict=5, linted=False)


def test_a_record_made_anew_from_the_store_says_that_its_protocol_is_younger_than_its_runs(write):
    write(GOOD, EXACT, BAD)
    assert harness("verify", "specs/fakes").exit_code == 1
    Path("reports/fakes/record/results.json").unlink()
    time.sleep(1.1)  # dates are kept to the second
    write(GOOD, EXACT, WIDER.replace("0.30", "0.20").replace('"0.45"', '"0.41"').replace("0.20,", "0.25,"))
    ended = harness("verify", "specs/fakes", "--strict")
    assert "protocol-late: The protocol of 3 claims begins after the first judged run" in first_screen(ended.output)
    assert ended.exit_code == 5


def test_a_pilot_changed_by_hand_is_contradicted_by_its_runs(write):
    pack = write(GOOD, EXACT)
    assert harness("verify", pack, "--pilot").exit_code == 0
    assert harness("verify", pack, "--strict").exit_code == 0
    file = pack / "pilot.yaml"
    file.write_text(re.sub(r"sd: [0-9.]+,", "sd: 0.001,", file.read_text()))
    harness("verify", pack)
    caught(
        "pilot-contradicted",
        "pilot.yaml does not agree with the recorded pilot runs of 1 claim",
        plain=0,
        strict=5,
        linted=False,
    )


FAR = BAD.replace("0.45", "0.90")


@pytest.mark.parametrize(
    ("file", "old", "new", "what"),
    [
        ("models.yaml", "noise: 0}", "noise: 0}\nhalved: {kind: fake-brightness, train_on: points/train, noise: 0.2}", "inputs"),
        ("models.yaml", "train_on: half/first}", "train_on: half/first, noise: 0.4}", "inputs"),
        ("claims/section-2.yaml", "model: halved", "model: bright", "measure"),
        ("paper.yaml", "audit: {runs: 3}", "audit: {runs: 3, looks: [3]}", "looks"),
    ],
    ids=["another recipe", "another option", "another model", "other looks"],
)  # fmt: skip
def test_what_is_measured_and_when_it_is_tested_cannot_change_after_the_verdict_without_a_trace(
    write, file, old, new, what
):
    pack = write(GOOD, EXACT, FAR)
    assert harness("verify", pack).exit_code == 1
    path = pack / file
    text = path.read_text()
    assert old in text
    changed = text.replace(old, new)
    path.write_text(
        changed
        if file != "models.yaml" or "replica" in new
        else changed.replace("halved: {kind: fake-brightness, train_on: half/first}\n", "")
    )
    ended = harness("verify", pack)
    assert "amended: " in first_screen(ended.output), ended.output
    document = json.loads(harness("judge", "reports/fakes", "--json").stdout)
    assert what in {each["what"] for each in document["amendments"]}


def test_a_rehearsal_amends_nothing_for_it_measures_something_else_on_purpose(write):
    pack = write(GOOD, EXACT)
    assert harness("verify", pack, "--strict").exit_code == 0
    harness("verify", pack, "--budget", "rehearsal")
    assert harness("verify", pack, "--strict").exit_code == 0


def test_pilot_runs_that_were_picked_are_contradicted(write):
    pack = write(GOOD, EXACT)
    assert harness("verify", pack, "--pilot").exit_code == 0
    file = pack / "pilot.yaml"
    file.write_text(file.read_text().replace("runs: 5", "runs: 3"))
    ended = harness("verify", pack)
    assert "pilot-contradicted: " in first_screen(ended.output), ended.output


def test_another_question_is_no_success_under_strict(write):
    write(GOOD, EXACT)
    assert harness("verify", "specs/fakes").exit_code == 0
    asked = ("judge", "reports/fakes", "--margin", "section-2/good=0.15")
    assert (harness(*asked).exit_code, harness(*asked, "--strict").exit_code) == (0, 5)


def test_a_margin_by_a_pilot_that_reaches_beyond_0_is_called_wide(write):
    by_its_pilot = GOOD.replace("absolute: 0.10", "same_images: true").replace(
        "bright,", "bright, sample: {count: null},"
    )
    pack = write(by_its_pilot.replace("good:", "bad:"), EXACT)
    by_hand(pack, 0.15)
    assert "wide-margin: The margin of 1 claim is larger than the printed number" in first_screen(
        harness("verify", pack).output
    )
