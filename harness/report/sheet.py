"""The generated part of a page's style sheet: styles of single elements, because a strict policy refuses style attributes."""

from __future__ import annotations

from markupsafe import Markup


class Sheet:
    """Collects declarations while a page is rendered, each once; its rules go into the page's style element."""

    def __init__(self) -> None:
        self._classes: dict[str, str] = {}

    def name(self, declarations: str) -> str:
        """Return the class of an element with these declarations: ``--share: 12.5%``."""
        return self._classes.setdefault(declarations, f"s{len(self._classes) + 1}")

    @property
    def rules(self) -> Markup:
        """A rule for each class, in the order in which they were asked for."""
        return Markup("").join(f".{name} {{ {declarations} }}\n" for declarations, name in self._classes.items())
