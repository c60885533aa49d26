"""The fence: what answers at once never waits for a backend, nor for what only reports need."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
BACKENDS = {"keras", "tensorflow", "jax", "sklearn", "torch"}
SHOWING = {"pandas", "matplotlib", "weasyprint", "jinja2"}
SLOW = BACKENDS | SHOWING | {"scipy.stats", "scipy.optimize"}

PROBE = """
import json, sys
from pathlib import Path
seen, *sys.argv[1:] = sys.argv[1:]
from harness.cli import main
try:
    main()
finally:
    Path(seen).write_text(json.dumps(sorted(sys.modules)))
"""


@pytest.fixture
def imported(tmp_path):
    """Run one command in a fresh interpreter; return its exit status and the modules it imported."""

    def run(*words: object, **settings: str) -> tuple[int, set[str]]:
        seen = tmp_path / "modules.json"
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3", **settings}
        command = [sys.executable, "-c", PROBE, str(seen), *map(str, words)]
        ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert ended.returncode in {0, 1, 3, 4}, ended.stderr
        return ended.returncode, set(json.loads(seen.read_text()))

    return run


@pytest.mark.parametrize(
    "command",
    [
        "verify",
        "lint",
        "plan",
        "kinds",
        "schema",
        "judge",
        "compare",
        "check",
        "bundle",
        "store",
        "report",
        "index",
        "explain",
        "init",
        "demo",
        "selftest",
    ],
)
def test_the_help_of_every_command_needs_neither_arrays_nor_models_of_data(imported, command):
    status, modules = imported(command, "--help")
    assert status == 0
    assert not modules & (SLOW | {"numpy", "pydantic", "scipy", "ruamel.yaml"})


@pytest.mark.parametrize(
    "words",
    [
        ("--help",),
        ("--version",),
        ("lint", ROOT / "specs"),
        ("plan", ROOT / "specs"),
        ("plan", ROOT / "specs", "--readings", "all"),
        ("kinds",),
        ("kinds", "claim"),
        ("lint", "--explain", "unknown-field"),
        ("demo",),
        ("schema", "--out", "schemas"),
        ("init", "new-pack"),
        ("init", "--plugin", "attack", "new-attack"),
    ],
    ids=lambda words: " ".join(str(word) for word in words if isinstance(word, str)),
)
def test_what_answers_at_once_imports_neither_a_backend_nor_what_reports_need(imported, words):
    status, modules = imported(*words)
    assert status == 0
    assert not modules & SLOW


def test_judging_a_record_imports_neither_a_backend_nor_what_reports_need(imported, reported):
    _, modules = imported("judge", "--json", reported)
    assert "harness.judge" in modules
    assert not modules & SLOW


def test_another_question_and_a_comparison_import_neither_a_backend_nor_what_reports_need(imported, reported):
    _, modules = imported("judge", reported, "--margin", "table-1=1", "--alpha", "0.01")
    assert not modules & (SLOW | {"harness.pipeline"})
    status, modules = imported("compare", reported, reported)
    assert status == 0
    assert not modules & (SLOW | {"harness.pipeline"})


def test_checking_a_report_imports_neither_a_backend_nor_what_reports_need(imported, reported):
    status, modules = imported("check", reported)
    assert status == 0
    assert "harness.judge" in modules
    assert not modules & (SLOW | {"harness.pipeline", "harness.report.page"})


def test_checking_a_bundle_and_looking_after_a_store_import_neither_a_backend_nor_what_reports_need(
    imported, reported, tmp_path
):
    status, modules = imported("bundle", reported, "-o", tmp_path / "b.zip")
    assert status == 0
    assert not modules & (SLOW | {"harness.pipeline"})
    status, modules = imported("check", tmp_path / "b.zip")
    assert status == 0
    assert not modules & (SLOW | {"harness.pipeline", "harness.report.page"})
    status, modules = imported("store", "verify", "--store", reported.parents[1] / "store")
    assert status == 0
    assert not modules & (SLOW | {"harness.pipeline"})


def test_explaining_a_claim_imports_neither_a_backend_nor_what_reports_need(imported, reported):
    status, modules = imported("explain", "table-1/bright/error", reported)
    assert status == 0
    assert not modules & SLOW


def test_reporting_from_a_record_imports_no_backend(imported, reported, tmp_path):
    status, modules = imported("report", reported, "--out", tmp_path / "again")
    assert status == 0
    assert "pandas" in modules  # the report was really made, and the probe sees what is imported
    assert not modules & BACKENDS


@pytest.mark.slow
def test_a_second_verify_with_nothing_changed_imports_neither_a_backend_nor_what_reports_need(imported):
    imported("init", "new-pack")
    words = ("verify", "new-pack", "--budget", "rehearsal", "-k", "linear/test-error")
    first, modules = imported(*words)
    assert modules >= {"keras", os.environ.get("KERAS_BACKEND", "tensorflow")}  # the probe sees what is imported
    second, modules = imported(*words)
    assert second == first
    assert not modules & SLOW


@pytest.mark.slow
@pytest.mark.skipif(not importlib.util.find_spec("jax"), reason="needs JAX: make test-jax, or the extra jax")
def test_training_and_attacking_on_jax_import_no_tensorflow(imported):
    imported("init", "new-pack")
    _, modules = imported("verify", "new-pack", "--budget", "rehearsal", "-k", "linear", KERAS_BACKEND="jax")
    assert modules >= {"keras", "jax"}
    assert not {name for name in modules if name.partition(".")[0] == "tensorflow"}
