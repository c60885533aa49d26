"""Fills in what the code says of itself, where a page has a comment such as ``<!-- generated: kinds attacks -->``."""

import json
import re
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from prose import code, prose, table

import harness
from harness.kinds.describe import Field, Kind, describe_kinds
from harness.kinds.registry import discover

ROOT = Path(__file__).resolve().parents[2]
MARK = re.compile(r"^<!-- generated: (\w+)(?: (.+?))? -->$", re.MULTILINE)
HEAD = ("field", "takes", "default", "what it means")


def kinds(group: str) -> str:
    """Every kind of a group, with its fields."""
    discover()
    return "\n".join(map(_kind, describe_kinds([group])))


def _kind(kind: Kind) -> str:
    return f"### `{kind.kind}`\n\n{prose(kind.doc)}\n\n{prose(kind.more)}\n\n{_fields(kind.fields)}"


def _fields(fields: Iterable[Field]) -> str:
    rows = [
        (code(field.name), prose(field.type), "required" if field.required else code(field.default), prose(field.doc))
        for field in fields
    ]
    return table(HEAD, rows)


def claim(part: str) -> str:
    """What a claim may say: its keys, its relations, its units or its margins."""
    from harness.spec.reading.describe import claim_form  # noqa: PLC0415  reads all that packs may hold

    form = claim_form()
    if part == "keys":
        return "".join(f"### {name.capitalize()}\n\n{_fields(fields)}" for name, fields in form.keys.items())
    if part == "relations":
        rows = [
            (code(each.name), prose(each.says), ", ".join(map(code, each.needs)), ", ".join(map(code, each.may)))
            for each in form.relations
        ]
        return table(("relation", "what it says", "needs", "may have"), rows)
    if part == "units":
        return table(("unit", "what it means"), [(code(word), prose(means)) for word, means in form.units.items()])
    return _fields(form.margins if part == "margins" else form.sample)


def schema(name: str) -> str:
    """The keys of a JSON Schema and of the types it defines, but for the kinds, which have a page of their own."""
    whole = json.loads((ROOT / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8"))
    said = f"{prose(whole['description'])}\n\n" if "description" in whole else ""
    types = {title: found for title, found in whole["definitions"].items() if "kind" not in found.get("properties", {})}
    return (
        said
        + _keys(whole)
        + "".join(
            f"### `{title}`\n\n{prose(found.get('description', ''))}\n\n{_keys(found)}"
            for title, found in types.items()
            if "properties" in found
        )
    )


def _keys(found: dict[str, Any]) -> str:
    needed = found.get("required", ())
    rows = [
        (code(name), _takes(value), "required" if name in needed else "", prose(value.get("description", "")))
        for name, value in found.get("properties", {}).items()
    ]
    return table(("key", "takes", "", "what it means"), rows)


def _takes(value: dict[str, Any]) -> str:
    """The type of a value in a few words."""
    if "$ref" in value:
        return code(value["$ref"].rpartition("/")[2])
    if "const" in value:
        return code(str(value["const"]))
    if "enum" in value:
        return ", ".join(code(str(each)) for each in value["enum"])
    if "anyOf" in value:
        return " or ".join(dict.fromkeys(map(_takes, value["anyOf"])))
    if value.get("type") == "array" and isinstance(value.get("items"), dict):
        return f"list of {_takes(value['items'])}"
    return prose(str(value.get("type", "anything")))


def rules(_: str) -> str:
    """Every rule of packs, with its example."""
    from harness.spec.rules import RULES  # noqa: PLC0415  as above

    return "\n".join(
        f"## `{rule.id}`\n\n{'A warning. ' if rule.warning else ''}{prose(rule.what)}. {prose(rule.why)}\n\n"
        f"{prose(rule.repair)}\n\n"
        + _example(f"wrong, in `{rule.example.file}`" if rule.example.file else "wrong", rule.example.wrong)
        + _example("right", rule.example.right)
        for rule in RULES.values()
    )


def _example(name: str, text: str) -> str:
    return f"{name}:\n\n````text\n{text.strip()}\n````\n\n" if text.strip() else ""


def python(sort: str) -> str:
    """Every public function or class, from its docstring."""
    found = [(name, getattr(harness, name)) for name in (*sorted(harness.__all__), "KerasVictim")]
    chosen = {
        "functions": [name for name, value in found if name[0].islower()],
        "errors": [name for name, value in found if _is_error(value)],
        "classes": [name for name, value in found if isinstance(value, type) and not _is_error(value)],
    }[sort]
    directive = "autofunction" if sort == "functions" else "autoclass"
    return "\n".join(f"```{{eval-rst}}\n.. {directive}:: harness.{name}\n```\n" for name in chosen)


def _is_error(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, Exception)


def drawing(asked: str) -> str:
    """The report's figure of some claims of a record: the folder of its report, then the pattern of their ids."""
    from harness.judge import judge  # noqa: PLC0415  numpy and matplotlib, for the pages that draw
    from harness.report.cases import cases_of  # noqa: PLC0415
    from harness.report.figures import comparison  # noqa: PLC0415

    folder, pattern, title = asked.split(maxsplit=2)
    record = harness.read_record(ROOT / folder)
    cases = [case for name, case in cases_of(record, judge(record)).items() if fnmatchcase(name, pattern)]
    prefix = re.sub(r"\W+", "-", pattern)
    return f'```{{raw}} html\n<figure class="drawing">{comparison(cases, title, prefix)}</figure>\n```\n'


GENERATORS: dict[str, Callable[[str], str]] = {
    made.__name__: made for made in (kinds, claim, schema, rules, python, drawing)
}


def filled(text: str) -> str:
    """Return a page with each of its comments replaced by what it asks for.

    Raises:
        KeyError: for a word that no function of this module has.
    """
    return MARK.sub(lambda mark: GENERATORS[mark[1]](mark[2] or ""), text)


def _read(app: Any, name: str, source: list[str]) -> None:
    # On the site the file beside this folder is a page.
    source[0] = filled(source[0]).replace("](../../CONTRIBUTING.md)", "](../contributing.md)")


def setup(app: Any) -> dict[str, bool]:
    """Fill in every page as it is read."""
    app.connect("source-read", _read)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
