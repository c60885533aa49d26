"""The pages for authors: the package on each is built, installed and tested as it stands, and under another name."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.kinds import page, registry
from harness.spec.reading.init import init

ROOT = Path(__file__).resolve().parents[2]
SORTS = ("attack", "dataset", "layer", "metric", "training")
OTHER = {sort: f"{sort}-2_of-mine" for sort in SORTS}
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]


def text(sort):
    return (ROOT / "docs" / "plugins" / f"{sort}.md").read_text(encoding="utf-8")


def own(sort):
    """The name of the kind on a page."""
    return page.OFFERS.search(text(sort))[2]


def blocks(sort, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", text(sort), re.DOTALL | re.MULTILINE)


def run(*words, cwd, path, status=0):
    """Run Python where the packages of a folder are installed, and return what it printed; it must end with a status."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(path), str(ROOT)])}
    ended = subprocess.run(
        [sys.executable, *map(str, words)], cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == status, ended.stdout + ended.stderr
    return ended.stdout + (ended.stderr if status else "")


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The folder of each page's package, as its blocks have it, and of those that ``init`` wrote under another name."""
    folder = tmp_path_factory.mktemp("written")
    registry.discover()
    for sort in SORTS:
        place = folder / own(sort)
        place.mkdir()
        for name, block in re.findall(r"^`([\w.]+)`\n\n```\w+\n(.*?)^```$", text(sort), re.DOTALL | re.MULTILINE):
            (place / name).write_text(block, encoding="utf-8")
        page.write_package(folder / OTHER[sort], sort)
    return folder


@pytest.fixture(scope="module")
def installed(written, tmp_path_factory):
    """A folder in which all of them are installed; built without a network, nothing else is touched."""
    target = tmp_path_factory.mktemp("installed") / "site"
    sources = sorted(map(str, written.iterdir()))
    offline = ["--no-index", "--no-deps", "--no-build-isolation", "--target", str(target)]
    subprocess.run([*PIP, "install", *offline, *sources], check=True, capture_output=True)
    return target


def test_there_is_a_page_for_each_sort_of_plugin():
    assert tuple(page.pages()) == SORTS


@pytest.mark.parametrize("sort", SORTS)
def test_every_block_of_code_on_a_page_belongs_to_its_package_of_three_files(sort):
    files = page.package_on(text(sort))
    assert list(files.values()) == blocks(sort, "toml") + blocks(sort, "python")
    group, kind, module, _ = page.OFFERS.search(files["pyproject.toml"]).groups()
    assert group == f"{sort}s"
    assert list(files) == ["pyproject.toml", f"{module}.py", f"test_{module}.py"]
    assert f'@{sort}("{kind}", edition=1)' in files[f"{module}.py"]


@pytest.mark.parametrize("sort", SORTS)
def test_under_its_own_name_the_package_is_written_as_the_page_has_it(sort, tmp_path):
    files = page.write_package(tmp_path / own(sort), sort)
    assert {file.name: file.read_text(encoding="utf-8") for file in files} == page.package_on(text(sort))


@pytest.mark.parametrize("sort", SORTS)
def test_under_another_name_nothing_is_called_as_on_the_page(sort, written):
    _, kind, module, cls = page.OFFERS.search(text(sort)).groups()
    for file in (written / OTHER[sort]).iterdir():
        assert not re.search(rf"\b({kind}|{module}|{cls})\b", file.name + file.read_text(encoding="utf-8"))


def test_every_package_is_installed_and_its_test_passes_on_what_was_installed(written, installed, tmp_path):
    for file in written.rglob("test_*.py"):
        (tmp_path / file.name).write_bytes(file.read_bytes())  # away from the source beside it
    said = run("-m", "pytest", "-q", "-p", "no:cacheprovider", tmp_path, cwd=tmp_path, path=installed)
    assert re.search(r"^\d+ passed", said, re.MULTILINE)
    assert len(list(tmp_path.glob("test_*.py"))) == 2 * len(SORTS)


@pytest.fixture
def machine(tmp_path):
    """An environment of a shell whose ``python``, ``pip`` and ``harness`` are these, and where packages go into a folder."""
    programs = {"python": "", "pip": "-m pip", "harness": "-m harness"}
    (tmp_path / "bin").mkdir()
    for name, words in programs.items():
        (tmp_path / "bin" / name).write_text(f'#!/bin/sh\nexec "{sys.executable}" {words} "$@"\n', encoding="utf-8")
        (tmp_path / "bin" / name).chmod(0o755)
    offline = {
        "PIP_NO_INDEX": "1",
        "PIP_NO_DEPS": "1",
        "PIP_NO_BUILD_ISOLATION": "0",
        "PIP_TARGET": str(tmp_path / "site"),
    }
    path = {"PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    return {**os.environ, **offline, **path, "PYTHONPATH": f"{tmp_path / 'site'}{os.pathsep}{ROOT}"}


@pytest.mark.parametrize("sort", SORTS)
def test_the_commands_on_a_page_work_as_they_stand(sort, written, machine):
    (script,) = blocks(sort, "sh")
    words = ["bash", "-euo", "pipefail", "-c", script]
    ended = subprocess.run(words, cwd=written, env=machine, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert re.search(r"^=+ \d+ passed", ended.stdout, re.MULTILINE)
    assert own(sort) in ended.stdout.splitlines()[-1] or f"harness-{own(sort)} 0.1" in ended.stdout


def test_every_installed_kind_is_offered_with_its_package(installed, tmp_path):
    found = json.loads(run("-m", "harness", "kinds", "--json", cwd=tmp_path, path=installed))
    offered = {kind["kind"]: kind["package"] for kind in found["kinds"] if kind["package"]}
    names = [name for sort in SORTS for name in (own(sort), OTHER[sort])]
    assert offered == {name: f"harness-{name} 0.1" for name in names}


def pack_of_pages(folder):
    """A pack that says what the pages say, and claims on what they add."""
    init(folder)

    def edit(file, old, new):
        before = (folder / file).read_text(encoding="utf-8")
        assert old in before
        (folder / file).write_text(before.replace(old, new, 1), encoding="utf-8")

    (data,) = blocks("dataset", "yaml")
    edit("paper.yaml", "data:\n", data + "  mnist: {kind: mnist}\n")
    edit("models.yaml", "linear:", blocks("layer", "yaml")[0] + blocks("training", "yaml")[0] + "linear:")
    edit("attacks.yaml", "lbfgs:", blocks("attack", "yaml")[0] + "lbfgs:")
    edit("claims/table-1.yaml", "    metric: error-rate\n", "    " + blocks("metric", "yaml")[0])
    return folder


def test_what_the_pages_write_in_a_pack_lints_once_they_are_installed(installed, tmp_path):
    folder = pack_of_pages(tmp_path / "pack")
    assert "no mistakes" in run("-m", "harness", "lint", folder, cwd=tmp_path, path=installed)
    without = run("-m", "harness", "lint", folder, cwd=tmp_path, path="", status=2)
    assert [sort for sort in SORTS if repr(own(sort)) not in without] == []


PACK = {
    "paper.yaml": """\
format: 1
paper: {title: Bars}
data: {bars: {kind: noisy-bars, count: 200}}
sample: {count: 40, which: correct}
budgets: {audit: {runs: 3}}
""",
    "models.yaml": """\
ridge: {kind: network, train_on: bars/train, layers: [dense: {units: 2}], training: {kind: least-squares}}
inner: {kind: network, train_on: bars/train, layers: [cropping2d: {}, dense: {units: 2}], training: {kind: lbfgs}}
""",
    "attacks.yaml": "step: {kind: fast-gradient, epsilon: 2}\n",
    "claims/section-1.yaml": """\
title: Bars
source: {section: "1"}
claims:
  ridge:
    {says: R., metric: {kind: top-k-error, k: 1}, data: bars/train, model: ridge, relation: less_than, other: {data: bars/test}}
  inner: {says: I., metric: error-rate, data: bars/test, model: inner, attack: step, relation: all}
""",
}
"""No straight line tells bars that lie from bars that stand, whose mean images are alike, but for a few training images."""


@pytest.mark.slow
def test_the_installed_kinds_load_train_attack_and_measure_together(installed, tmp_path):
    for name, content in PACK.items():
        (tmp_path / "pack" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "pack" / name).write_text(content, encoding="utf-8")
    ended = json.loads(run("-m", "harness", "verify", "pack", "--json", cwd=tmp_path, path=installed))
    assert {verdict["outcome"] for verdict in ended["packs"][0]["verdicts"]} == {"REPRODUCED"}


WRONG = {
    "no such sort": ("mine", "atack", "unknown sort of plugin 'atack'; did you mean 'attack'"),
    "no name": ("Mine!", "attack", "cannot be the name of a kind.*write 'mine'"),
    "a name that no class can have": ("2nd", "attack", "must begin with a letter"),
    "the name of another kind": ("toy-push", "attack", "a kind of attacks has this name already"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_cannot_be_a_plugin_is_refused_and_nothing_is_written(what, tmp_path):
    name, sort, why = WRONG[what]
    with pytest.raises(UsageError, match=why):
        page.write_package(tmp_path / name, sort)
    assert list(tmp_path.iterdir()) == []


def test_a_package_overwrites_nothing(tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes").write_text("")
    with pytest.raises(UsageError, match="expected a new or an empty folder"):
        page.write_package(tmp_path / "mine", "metric")
    assert [file.name for file in (tmp_path / "mine").iterdir()] == ["notes"]
