"""The text of a PDF as a reader sees it: what is drawn on the page, and nothing beyond its edge."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pikepdf


def pages(path: Path) -> list[str]:
    """Return the text of each page, a line for each piece of text that begins and ends on the page."""
    with pikepdf.open(path) as pdf:
        return ["\n".join(_seen(page)) for page in pdf.pages]


def letters(path: Path) -> list[list[tuple[str, float, float, float]]]:
    """Return of each page every piece of text as (text, left, baseline above the page's foot, letter height), in points."""
    with pikepdf.open(path) as pdf:
        return [[(text, min(xs), min(ys), size) for text, xs, ys, size in _drawn(page)] for page in pdf.pages]


def pictures(path: Path) -> list[list[float]]:
    """Return of each page the lower edge of every picture of points, above the page's foot."""
    with pikepdf.open(path) as pdf:
        return [
            [
                min((np.array([[0, 0, 1], [0, 1, 1]]) @ matrix)[:, 1])
                for operator, _, _, matrix in _operations(page, page.resources, np.eye(3))
                if operator == "Do"
            ]
            for page in pdf.pages
        ]


def _operations(content, resources, matrix):
    """Yield (operator, operands, resources, matrix) in the order drawn, with the operations of a form in the form's place."""
    stack = []
    for operands, operator in pikepdf.parse_content_stream(content):
        match str(operator):
            case "q":
                stack.append(matrix)
            case "Q":
                matrix = stack.pop()
            case "cm":
                matrix = _matrix(operands) @ matrix
            case "Do" if (form := resources.XObject[operands[0]]).Subtype == "/Form":
                inner = _matrix(form.get("/Matrix", [1, 0, 0, 1, 0, 0])) @ matrix
                yield from _operations(form, form.get("/Resources", resources), inner)
            case other:
                yield other, operands, resources, matrix


def _seen(page: pikepdf.Page) -> list[str]:
    left, bottom, right, top = map(float, page.mediabox)
    return [
        text
        for text, xs, ys, _ in _drawn(page)
        if min(xs) >= left - 1 and max(xs) <= right + 1 and min(ys) >= bottom - 1 and max(ys) <= top + 1
    ]


def _drawn(page: pikepdf.Page):
    """Yield every piece of text with the x and y of its two ends and its letter height, in points, forms included."""
    text_matrix, font, size = np.eye(3), None, 1.0
    for operator, operands, resources, matrix in _operations(page, page.resources, np.eye(3)):
        match operator:
            case "Tf":
                font, size = _Font(resources.Font[operands[0]]), float(operands[1])
            case "BT":
                text_matrix = np.eye(3)
            case "Tm":
                text_matrix = _matrix(operands)
            case "Tj" | "TJ":
                parts = operands[0] if operator == "TJ" else operands
                text, width = font.read(parts)
                ends = np.array([[0, 0, 1], [width * size, 0, 1]]) @ text_matrix @ matrix
                height = float(np.linalg.norm((np.array([0, size, 0]) @ text_matrix @ matrix)[:2]))
                yield text, ends[:, 0], ends[:, 1], height


def _matrix(values) -> np.ndarray:
    a, b, c, d, e, f = map(float, values)
    return np.array([[a, b, 0], [c, d, 0], [e, f, 1]])


class _Font:
    """What the codes of a font with two bytes a glyph mean, and how wide they are."""

    def __init__(self, font: pikepdf.Object) -> None:
        table = bytes(font.ToUnicode.read_bytes()).decode()
        self.letters: dict[int, str] = {}
        for block in re.findall(r"beginbfchar(.*?)endbfchar", table, re.DOTALL):
            for code, letters in re.findall(r"<([0-9a-fA-F]+)>\s*<([0-9a-fA-F]*)>", block):
                self.letters[int(code, 16)] = bytes.fromhex(letters).decode("utf-16-be")
        inner = font.DescendantFonts[0]
        self.usual, self.widths = float(inner.get("/DW", 1000)), {}
        items = list(inner.get("/W", []))
        while items:
            first, second = items.pop(0), items.pop(0)
            if isinstance(second, pikepdf.Array):
                self.widths |= {int(first) + n: float(width) for n, width in enumerate(second)}
            else:
                self.widths |= dict.fromkeys(range(int(first), int(second) + 1), float(items.pop(0)))

    def read(self, parts) -> tuple[str, float]:
        """Return text and its width in letter heights."""
        text, width = "", 0.0
        for part in parts:
            if not isinstance(part, pikepdf.String):
                width -= float(part) / 1000
                continue
            codes = bytes(part)
            for place in range(0, len(codes), 2):
                code = int.from_bytes(codes[place : place + 2])
                text += self.letters.get(code, "\ufffd")
                width += self.widths.get(code, self.usual) / 1000
        return text, width
