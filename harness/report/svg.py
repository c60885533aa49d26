"""Inline SVG of a matplotlib drawing: no outside references, unique ids, colours the page can change."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from harness.report.slim import SVG, XLINK, slim
from harness.report.words import plain

INK = "#010203"
"""An element drawn with this colour gets the colour of the text around it."""
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_DROPPED = (f"{{{SVG}}}metadata", f"{{{SVG}}}style")


def inline(drawing: str, prefix: str, text: str) -> str:
    """Return an SVG element to be put into a page.

    Args:
        drawing: a whole SVG document, as matplotlib writes it.
        prefix: begins every id in the result, so that drawings of a page share no id.
        text: says in words what the drawing shows; becomes its title.

    Returns:
        One ``<svg>`` element. Groups whose id was ``class:NAME`` carry that class instead.
    """
    ET.register_namespace("", SVG)
    ET.register_namespace("xlink", XLINK)
    root = ET.fromstring(drawing)  # noqa: S314  our own drawing; labels were escaped when it was written
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in _DROPPED:
                parent.remove(child)
    _free_markers(root)
    names = _new_names(root, prefix)
    for element in root.iter():
        _adapt(element, names)
    slim(root)
    _describe(root, prefix, text)
    return ET.tostring(root, encoding="unicode")


def _free_markers(root: ET.Element) -> None:
    """Let a marker take its colours from where it is used: a style sheet has no effect inside the definition."""
    for group in root.iter(f"{{{SVG}}}g"):
        if group.get("id", "").startswith("class:"):
            for shape in group.iterfind(f"{{{SVG}}}defs/{{{SVG}}}path"):
                shape.attrib.pop("style", None)


def _new_names(root: ET.Element, prefix: str) -> dict[str, str]:
    """Return old id -> new id, for the ids that something refers to; the others are dropped."""
    wanted: dict[str, str] = {}
    for element in root.iter():
        for name, value in element.attrib.items():
            found = [value[1:]] if name in {f"{{{XLINK}}}href", "href"} else _REFERENCE.findall(value)
            for old in found:
                wanted.setdefault(old, f"{prefix}-{len(wanted) + 1}")
    return wanted


def _adapt(element: ET.Element, names: dict[str, str]) -> None:
    """Rename ids and what refers to them; turn class marks into classes, and ink into the page's own colour."""
    old = element.attrib.pop("id", "")
    if old in names:
        element.set("id", names[old])
    elif old.startswith("class:"):
        element.set("class", old.removeprefix("class:"))
    for name, value in list(element.attrib.items()):
        if name in {f"{{{XLINK}}}href", "href"}:
            element.set(name, f"#{names[value[1:]]}")
        else:
            renamed = _REFERENCE.sub(lambda match: f"url(#{names[match[1]]})", value)
            element.set(name, renamed.replace(INK, "currentColor"))


def _describe(root: ET.Element, prefix: str, text: str) -> None:
    """Give the drawing its text alternative, and a size in pixels that the page may shrink."""
    for side in ("width", "height"):
        points = float(root.get(side, "0").removesuffix("pt"))
        root.set(side, f"{points * 96 / 72:.0f}")
    root.attrib.pop("version", None)
    root.set("role", "img")
    root.set("aria-labelledby", f"{prefix}-title")
    title = ET.Element(f"{{{SVG}}}title", {"id": f"{prefix}-title"})
    title.text = plain(text)
    root.insert(0, title)
