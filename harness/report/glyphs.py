"""Glyphs: which characters of a page no font on this machine has, and the fonts the PDF is set in."""

from __future__ import annotations

import importlib.util
import os
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable
from html.parser import HTMLParser
from pathlib import Path
from xml.sax.saxutils import escape

from harness.errors import plural
from harness.report.words import listed

NAMED = 10
"""Characters named one by one."""
EAST_ASIAN = {"CJK": "Chinese", "HIRAGANA": "Japanese", "KATAKANA": "Japanese", "HANGUL": "Korean"}
"""First word of a character's Unicode name -> script in words, where one family of fonts has them all."""
_SETTINGS = (
    "/etc/fonts",
    "/usr/local/etc/fonts",
    "/opt/homebrew/etc/fonts",
    "/opt/local/etc/fonts",
    f"{sys.prefix}/etc/fonts",
)
"""Where fontconfig's own settings are, on Linux, FreeBSD, macOS and in a conda environment."""
_FOLDERS = (
    *("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts"),
    *("/System/Library/Fonts", "/Library/Fonts", "~/Library/Fonts"),
)
"""Where fonts are on a machine without fontconfig's settings."""
_UNDRAWN = frozenset({"style", "script", "title", "desc", "metadata"})


def settings(scratch: Path, *, system: bool) -> Path:
    """Write fontconfig's settings for one PDF, and return the file.

    Without any font Pango ends the process; with the system's fonts the PDF would differ between machines. So it is set
    in matplotlib's fonts, and others are used only where those lack a character.

    Args:
        scratch: an empty folder.
        system: whether the fonts of the system and of the user are let in too.

    Raises:
        ModuleNotFoundError: without matplotlib.
    """
    package = importlib.util.find_spec("matplotlib")
    locations = package.submodule_search_locations if package is not None else None
    if not locations:
        raise ModuleNotFoundError("No module named 'matplotlib', whose fonts the PDF uses")
    folders = [Path(next(iter(locations))) / "mpl-data" / "fonts" / "ttf"]
    included = _system_settings() if system else []
    if system and not included:
        folders += [Path(name).expanduser() for name in _FOLDERS if _can_expand(name)]
    file = scratch / ("system.conf" if system else "own.conf")
    file.write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
        + "".join(f"<dir>{escape(str(folder))}</dir>" for folder in folders)
        + f"<cachedir>{escape(str(scratch / 'cache'))}</cachedir>"
        + "".join(f'<include ignore_missing="yes">{escape(str(path))}</include>' for path in included)
        + "</fontconfig>",
        encoding="utf-8",
    )
    return file


def _system_settings() -> list[Path]:
    """Return fontconfig's own settings file: the first that exists, as fontconfig takes it."""
    named = [Path(file) for file in [os.environ.get("FONTCONFIG_FILE", "")] if file]
    folders = [*filter(None, os.environ.get("FONTCONFIG_PATH", "").split(os.pathsep)), *_SETTINGS]
    return [path for path in (*named, *(Path(folder) / "fonts.conf" for folder in folders)) if path.is_file()][:1]


def _can_expand(name: str) -> bool:
    return not os.path.expanduser(name).startswith("~")  # noqa: PTH111  a user without a home is no error here


class _DrawnText(HTMLParser):
    """Collects the characters a page draws."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _UNDRAWN:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1] == tag:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        if not self.open:
            self.found.update(data)


def drawn(page: str) -> frozenset[str]:
    """Return the characters a page draws, those that leave no mark left out."""
    reader = _DrawnText()
    reader.feed(page)
    reader.close()
    return frozenset(letter for letter in reader.found if not leaves_no_mark(letter))


def leaves_no_mark(letter: str) -> bool:
    """Whether a character is invisible."""
    selector = "\ufe00" <= letter <= "\ufe0f" or "\U000e0100" <= letter <= "\U000e01ef"
    return selector or letter.isspace() or unicodedata.category(letter) in {"Cc", "Cf", "Zs", "Zl", "Zp"}


def without_glyph(letters: Iterable[str]) -> list[str]:
    """Return the characters that no font has which the settings in ``FONTCONFIG_FILE`` let in, as Pango would draw them."""
    from weasyprint.text.ffi import ffi, gobject, pango  # noqa: PLC0415  takes a second, and Pango may be missing
    from weasyprint.text.fonts import FontConfiguration  # noqa: PLC0415  the same

    ffi.cdef("int pango_layout_get_unknown_glyphs_count(PangoLayout *layout);", override=True)
    fonts = FontConfiguration()  # WeasyPrint makes its font map in the same way
    context = ffi.gc(pango.pango_font_map_create_context(fonts.font_map), gobject.g_object_unref)
    layout = ffi.gc(pango.pango_layout_new(context), gobject.g_object_unref)
    missing = []
    for letter in sorted(letters):
        text = letter.encode()
        pango.pango_layout_set_text(layout, text, len(text))
        if pango.pango_layout_get_unknown_glyphs_count(layout):
            missing.append(letter)
    return missing


def note(missing: Iterable[str]) -> str:
    """Return a sentence on the characters a PDF cannot show, by script and code point, and what would help."""
    missing = sorted(missing)
    scripts = Counter(script(letter) for letter in missing)
    kinds = ", ".join(f"{number} {script}" for script, number in scripts.most_common())
    points = ", ".join(f"U+{ord(letter):04X}" for letter in missing[:NAMED])
    more = f" and {len(missing) - NAMED} more" if len(missing) > NAMED else ""
    fonts = listed(list(dict.fromkeys(_font(script) for script, _ in scripts.most_common())))
    return (
        f"The PDF cannot show {plural(len(missing), 'character')} that no font on this machine has ({kinds}: {points}{more}); index.html has them. "
        f"Install {fonts} (Debian, Ubuntu: apt install fonts-noto-core fonts-noto-cjk) and run `harness report` again."
    )


def script(letter: str) -> str:
    """Return a character's script in words: ``Chinese``, ``Devanagari``; ``symbol`` for what is of none."""
    first, _, rest = unicodedata.name(letter, "").partition(" ")
    if first in EAST_ASIAN:
        return EAST_ASIAN[first]
    of_a_script = unicodedata.category(letter)[0] in "LMN" and rest
    return first.capitalize() if of_a_script else "symbol"


def _font(script: str) -> str:
    if script in EAST_ASIAN.values():
        return "Noto Sans CJK"
    return "Noto Sans Symbols" if script == "symbol" else f"Noto Sans {script}"
