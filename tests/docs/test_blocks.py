"""Every block of code of README and documentation is run as it stands, so that none can drift from the program."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from pages import PAGES, ROOT, Reader, blocks, tools

import harness
from harness.cli import main
from harness.kinds import registry

MNIST = "data: {mnist: {kind: mnist}}\n"


def network(layers: str, training: str = "kind: lbfgs") -> str:
    """A network on MNIST, as one line of ``models.yaml``."""
    return f"{{kind: network, train_on: mnist/train, layers: [{layers}], training: {{{training}}}}}\n"


def order(name: str) -> str:
    """A claim of an order, as one line of a file of claims."""
    return (
        f"  {name}: {{says: An order., metric: error-rate, data: digits/test, model: network, relation: less_than, "
        "other: {model: linear}, unit: '%'}\n"
    )


ALSO = {
    "docs/reference/packs.md": {
        "paper.yaml": MNIST,
        "models.yaml": "fc10-1e-4: "
        + network("dense: {units: 10}")
        + "convnet: "
        + network("dense: {units: 9}, dense: {units: 8}, dense: {units: 10}", "kind: minibatch"),
        "claims/section-3.yaml": "title: Units\nsource: {section: '3'}\nclaims:\n"
        + order("units-as-pure-as-directions"),
        "claims/section-4.yaml": "title: Noise\nsource: {section: '4'}\nclaims:\n"
        + order("noise-is-weaker")
        + order("control"),
        "sentences.yaml": "all: {source: {section: '3'}, says: All., claims: [section-3/*, section-4/*]}\n",
    },
    "docs/reference/networks.md": {
        "paper.yaml": MNIST,
        "models.yaml": "maxout-again:\n  kind: network\n  train_on: mnist/train\n  replica: 1\n"
        "  layers: [dropout: {rate: 0.2}, dense: {units: 1200}, maxout: {pieces: 5}, dropout: {rate: 0.5}, dense: {units: 10}]\n"
        "  training: {kind: minibatch, optimizer: {sgd: {learning_rate: 0.1, momentum: 0.5}}, max_norm: 1.9365, epochs: 50}\n",
    },
    "docs/reference/data.md": {"paper.yaml": MNIST},
    "docs/reference/metrics.md": {"paper.yaml": MNIST, "models.yaml": "convnet: " + network("dense: {units: 10}")},
}
"""Page -> what its blocks of YAML take for granted, by file of the pack."""


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory):
    """A folder with the pack of ``harness init``, rehearsed: the store, and the report in ``reports/mypaper``."""
    folder = tmp_path_factory.mktemp("rehearsed")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for words in (["init", "specs/mypaper"], ["verify", "specs/mypaper", "--budget", "rehearsal"]):
            ended = CliRunner().invoke(main, words)
            assert ended.exit_code in {0, 4}, ended.output
    return folder


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    return tools(tmp_path_factory.mktemp("programs") / "bin")


@pytest.fixture
def reader(request, rehearsed, programs, tmp_path, monkeypatch):
    """A reader who has rehearsed the pack; of a page that begins with ``harness init``, one who has its results alone."""
    page = request.param
    for folder in (".harness",) if "$ harness init " in PAGES[page] else (".harness", "specs", "reports"):
        shutil.copytree(rehearsed / folder, tmp_path / folder)
    (tmp_path / "reports").mkdir(exist_ok=True)
    (tmp_path / "reports" / "published").symlink_to(ROOT / "reports" / "published")
    monkeypatch.chdir(tmp_path)
    groups = registry.metric.__globals__["_kinds"]
    monkeypatch.setitem(groups, "metrics", dict(groups["metrics"]))
    return Reader(ALSO.get(page, {}), given(page), programs), page


def given(page):
    """The names that a page says its blocks of Python begin with."""
    if "model: returns logits" not in PAGES[page]:
        return {}
    import keras

    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(10)])
    images = np.random.default_rng(0).uniform(0, 1, (40, 8, 8, 1)).astype(np.float32)
    return {"model": model, "data": harness.Examples(images, np.argmax(model.predict(images), axis=1), np.arange(40))}


@pytest.mark.parametrize("reader", [page for page in PAGES if blocks(PAGES[page])], indirect=True, ids=str)
def test_every_block_of_a_page_runs_in_its_order(reader):
    who, page = reader
    for block in blocks(PAGES[page]):
        who.follow(block)


def run_block(page, words, folder, monkeypatch, given=None):
    """Run the one block of Python of a page that holds some words."""
    (text,) = (block.text for block in blocks(PAGES[page]) if block.language == "python" and words in block.text)
    monkeypatch.chdir(folder)
    Reader({}, given or {}, Path()).python(text)


def test_what_is_done_from_python_prints_what_the_page_is_about(rehearsed, monkeypatch, capsys):
    run_block("docs/reference/python.md", "import harness", rehearsed, monkeypatch)
    printed = capsys.readouterr().out
    assert "mypaper reports/mypaper 6" in printed
    assert "table-1/linear/test-error NOT_COMPARABLE" in printed
    assert "reports/nowhere" in printed.splitlines()[-1]


def test_what_is_read_from_verdicts_json_is_there(rehearsed, monkeypatch, capsys):
    run_block("docs/reference/files.md", "verdicts.json", rehearsed, monkeypatch)
    printed = capsys.readouterr().out
    assert printed.startswith("mypaper {")
    assert "'table-1/linear/test-error': 'NOT_COMPARABLE'" in printed


def test_the_metric_that_is_shown_is_registered_and_measures(tmp_path, monkeypatch):
    groups = registry.metric.__globals__["_kinds"]
    monkeypatch.setitem(groups, "metrics", dict(groups["metrics"]))
    run_block("docs/how-to/add-a-kind.md", "MetricRecipe", tmp_path, monkeypatch)
    made = groups["metrics"]["mean-pixel"]()
    images = np.full((2, 1, 1, 1), 0.25, np.float32)
    examples = harness.Examples(images, np.zeros(2, np.int64), np.arange(2))
    assert made((), examples, None) == harness.Value(0.25, of=2, spread=0.0)
