"""The built wheel: what is in it, and that the installed command works far from the sources."""

from __future__ import annotations

import email
import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest

import harness

ROOT = Path(__file__).resolve().parents[1]
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]


def run(*words: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command that must succeed where neither the sources nor an index can be reached."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PIP_", "VIRTUAL"))
    }
    command = [str(word) for word in words]
    ended = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel, built from the sources without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    run(*PIP, "wheel", "--no-index", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, ROOT, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """The ``harness`` command of a fresh environment that has the wheel, and borrows every other package from ours."""
    folder = tmp_path_factory.mktemp("installed") / "an environment"
    venv.create(folder, with_pip=False)
    scripts = folder / ("Scripts" if os.name == "nt" else "bin")
    python = scripts / "python"
    run(*PIP, "--python", python, "install", "--no-index", "--no-deps", wheel, cwd=folder)
    where = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder).stdout.strip()
    # A path file is not read recursively: our own editable install stays out.
    (Path(where) / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    found = run(python, "-c", "import harness; print(harness.__file__)", cwd=folder).stdout.strip()
    assert Path(found).parent.parent == Path(where)
    return scripts / "harness"


def test_the_wheel_holds_every_module_every_template_the_pages_for_authors_the_quickstart_pack_and_nothing_else(wheel):
    sources = {f"harness/{path.relative_to(ROOT / 'harness').as_posix()}" for path in (ROOT / "harness").rglob("*.py")}
    templates = {
        f"harness/templates/{path.relative_to(ROOT / 'templates').as_posix()}"
        for path in (ROOT / "templates").rglob("*")
        if path.is_file()
    }
    pack = {
        f"harness/quickstart/{path.relative_to(ROOT / 'specs' / 'quickstart').as_posix()}"
        for path in (ROOT / "specs" / "quickstart").rglob("*")
        if path.is_file()
    }
    pages = {f"harness/plugins/{path.name}" for path in (ROOT / "docs" / "plugins").iterdir()}
    assert templates
    assert pack
    assert pages
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert held == sources | templates | pack | pages | {"harness/py.typed"}


def test_the_source_distribution_builds_the_same_wheel(wheel, tmp_path):
    run(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", tmp_path, cwd=ROOT)
    (sources,) = tmp_path.glob("*.tar.gz")
    run(
        *PIP, "wheel", "--no-index", "--no-deps", "--no-build-isolation", "--wheel-dir", tmp_path, sources, cwd=tmp_path
    )
    (again,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as first, zipfile.ZipFile(again) as second:
        assert again.name == wheel.name
        assert {name: first.getinfo(name).CRC for name in first.namelist()} == {
            name: second.getinfo(name).CRC for name in second.namelist()
        }


def test_the_wheel_is_not_called_as_the_stranger_s_package_on_the_index(wheel):
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert declared["name"] == "paper-harness"
    assert wheel.name.startswith(f"paper_harness-{harness.__version__}-")


def test_the_wheel_says_its_version_licence_and_what_it_needs(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = email.message_from_bytes(archive.read(name))
        licence = archive.read(name.replace("METADATA", "licenses/LICENSE")).decode()
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = [line for line in metadata.get_all("Requires-Dist") if "extra ==" not in line]
    assert metadata["Version"] == harness.__version__
    assert metadata["License-Expression"] == "Apache-2.0"
    assert "Apache License" in licence
    assert len(needed) == len(declared["dependencies"])


@pytest.mark.parametrize(
    ("lock", "also"),
    [
        ("requirements-extras.lock", {"jax", "jaxlib", "foolbox"}),
        ("requirements-docs.lock", {"sphinx", "furo", "myst-parser", "sphinx-click"}),
    ],
)
def test_each_further_lock_pins_all_that_the_lock_pins_alike_and_the_declared_extras(lock, also):
    def pins(name: str) -> dict[str, str]:
        """Everything from one pinned package to the next: version, condition and hashes, without uv's remarks."""
        text = re.sub(r"^ *#.*\n", "", (ROOT / name).read_text(encoding="utf-8"), flags=re.MULTILINE)
        return {
            entry.split("==")[0]: entry.strip() for entry in re.split(r"^(?=\w)", text, flags=re.MULTILINE) if entry
        }

    plain, extras = pins("requirements.lock"), pins(lock)
    assert plain.items() <= extras.items()
    assert also <= extras.keys() - plain.keys()
    assert all("--hash=sha256:" in entry for entry in extras.values())


def test_the_citation_names_the_version():
    assert f"\nversion: {harness.__version__}\n" in (ROOT / "CITATION.cff").read_text(encoding="utf-8")


def test_the_installed_command_knows_its_version_and_its_commands(installed, tmp_path):
    assert harness.__version__ in run(installed, "--version", cwd=tmp_path).stdout
    shown = run(installed, "--help", cwd=tmp_path).stdout
    for command in (
        "verify",
        "lint",
        "plan",
        "kinds",
        "schema",
        "judge",
        "compare",
        "check",
        "report",
        "init",
        "demo",
        "selftest",
    ):
        assert f"\n  {command} " in shown


def test_the_installed_command_finds_every_kind_the_sources_have(installed, tmp_path):
    main = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from harness.cli import main; main(['kinds'])"
    here = run(sys.executable, "-c", main, cwd=tmp_path).stdout
    assert "lbfgs" in here
    assert run(installed, "kinds", cwd=tmp_path).stdout == here


def test_the_installed_package_has_the_pack_its_selftest_plants_defects_in(installed, tmp_path):
    ask = "from harness.selftest.pack import quickstart_folder; print(quickstart_folder())"
    found = Path(run(installed.parent / "python", "-c", ask, cwd=tmp_path).stdout.strip())
    assert found.is_relative_to(installed.parents[1])
    assert "no mistakes" in run(installed, "lint", found, cwd=tmp_path).stdout


def test_a_pack_written_by_the_installed_command_lints(installed, tmp_path):
    run(installed, "init", "pack", cwd=tmp_path)
    assert "no mistakes" in run(installed, "lint", "pack", cwd=tmp_path).stdout


def test_a_plugin_written_by_the_installed_command_is_that_of_the_page(installed, tmp_path):
    run(installed, "init", "--plugin", "metric", "top-k-error", cwd=tmp_path)
    page = (ROOT / "docs" / "plugins" / "metric.md").read_text(encoding="utf-8")
    written = list((tmp_path / "top-k-error").iterdir())
    assert len(written) == 3
    assert all(f"`{file.name}`\n\n```" in page and file.read_text(encoding="utf-8") in page for file in written)


def test_the_packs_of_the_sources_lint_with_the_installed_command(installed, tmp_path):
    assert "no mistakes" in run(installed, "lint", ROOT / "specs", cwd=tmp_path).stdout


def test_the_installed_command_reports_a_record_with_its_own_templates(installed, reported, tmp_path):
    run(installed, "report", reported, "--out", tmp_path / "report", cwd=tmp_path)
    page = (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
    assert "A paper of fakes" in page
