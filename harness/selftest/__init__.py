"""Plants defects in the quickstart pack and checks whether each changes the right verdict for the right reason."""

from harness.selftest.story import Trial, selftest

__all__ = ["Trial", "selftest"]
