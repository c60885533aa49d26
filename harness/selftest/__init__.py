"""Plants defects in the quickstart pack and sees whether each flips the right verdict for the right reason."""

from harness.selftest.story import Trial, selftest

__all__ = ["Trial", "selftest"]
