"""One lab's audit, made once, and a copy of it for each test to spoil."""

from handed import call, lab, once

__all__ = ["call", "lab", "once"]
