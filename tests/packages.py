"""Outside packages, written to a folder as an installer leaves them, so that tests can offer kinds as others do."""

from __future__ import annotations

from pathlib import Path

HEAD = """\
from __future__ import annotations
from harness import AttackRecipe, DatasetRecipe, Examples, MetricRecipe, ModelRecipe, Trained, Value
from harness import attack, dataset, metric, model
"""
METRIC = (
    HEAD
    + '''
@metric("{kind}", edition=1)
class Made(MetricRecipe):
    """A metric of another package."""

    def measure(self, victims, clean, made):
        return Value(1.0)
'''
)


def install(
    folder: Path, name: str, modules: dict[str, str], points: str | None = None, *, version: str = "0.1"
) -> Path:
    """Write a distribution of some modules (path -> text) whose entry points are given as in ``entry_points.txt``."""
    about = folder / f"{name}-{version}.dist-info"
    about.mkdir(parents=True, exist_ok=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    if points is not None:
        (about / "entry_points.txt").write_text(points)
    for path, text in modules.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder


def offering(kind: str, module: str, group: str = "harness.metrics", attribute: str = "Made") -> str:
    """The text of entry points that offer one kind."""
    return f"[{group}]\n{kind} = {module}:{attribute}\n"
