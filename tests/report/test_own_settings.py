"""Hyper-parameters the paper does not print stands in the report with the pack's own values; older records, which lack it, read alike."""

import re

import pytest
from records import record as record_of

from harness.judge import judge
from harness.record.file import read, write
from harness.report import render
from harness.report.own_settings import own_settings

RECIPES = {
    "models": {
        "small": {"kind": "fully-connected", "decay": 1.0, "training": {"kind": "sgd", "batch_size": 128}},
        "large": {"kind": "fully-connected", "decay": 1.0, "training": {"kind": "sgd", "batch_size": 256}},
        "other": {"kind": "fully-connected", "decay": 1.0, "training": {"kind": "sgd", "batch_size": 256}},
        "deep": {"kind": "network", "layers": [{"kind": "dense", "units": 9}, {"kind": "dropout", "rate": 0.5}]},
    },
    "attacks": {"lbfgs": {"kind": "lbfgs", "iterations": 150}},
}


def kept(*paths):
    made = record_of().model_copy(update={"recipes": RECIPES})
    return made.model_copy(update={"paper": made.paper.model_copy(update={"not_printed": paths})})


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("models.*.training.batch_size", "256 and 128"),
        ("models.s*.training.batch_size", "128"),
        ("models.deep.layers.dropout.rate", "0.5"),
        ("models.deep.layers.0.units", "9"),
        ("models.*.training.sgd.batch_size", "256 and 128"),
        ("attacks.lbfgs.iterations", "150"),
        ("sample.count", ""),
    ],
)
def test_a_path_has_the_values_of_all_the_recipes_it_means_the_commonest_first(path, values):
    (found,) = own_settings(kept(path))
    assert (found.path, found.values) == (path, values)


def test_of_many_values_four_are_named():
    made = kept("models.*.decay")
    recipes = {"models": {f"m{n}": {"kind": "k", "decay": float(n)} for n in range(7)}}
    (found,) = own_settings(made.model_copy(update={"recipes": recipes}))
    assert found.values == "0, 1, 2, 3 and 3 other values"


def test_the_page_shows_them_where_it_ranks_the_open_choices(tmp_path):
    made = kept("attacks.lbfgs.iterations", "sample.count")
    render(made, judge(made), tmp_path, pdf=False)
    page = (tmp_path / "index.html").read_text()
    chapter = page.partition('id="assumptions"')[2].partition('id="appendix"')[0]
    assert "Hyper-parameters the paper does not print" in chapter
    items = [re.sub("<[^>]*>", "", item) for item in re.findall(r"<li>(.*?)</li>", chapter)]
    assert items == ["attacks.lbfgs.iterations: 150", "sample.count"]


def test_a_record_without_them_reads_and_shows_as_before(tmp_path):
    made = kept()
    assert "not_printed" not in made.model_dump_json()
    write(made, tmp_path)
    assert read(tmp_path).paper.not_printed == ()
    render(made, judge(made), tmp_path / "report", pdf=False)
    assert "own-settings" not in (tmp_path / "report" / "index.html").read_text().partition("<body>")[2]
