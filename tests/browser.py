"""Chromium as a reader uses it, through Playwright: the system's own, which `.ci/run` installs; no browser is downloaded."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
CLIPBOARD = ["clipboard-read", "clipboard-write"]
PATIENCE = 300_000
"""Milliseconds: a loaded machine is slow without being wrong."""


class Window:
    """A browser in which one file at a time is open.

    Attributes:
        said: what the browser says of the page since it was opened: errors of scripts, and what its policy refused.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self.said: list[str] = []

    def open(
        self,
        file: Path,
        width: int,
        anchor: str = "",
        *,
        scheme: str = "light",
        scripts: bool = True,
        height: int = 900,
    ) -> Page:
        """Return a file's page in a window of some width, light or dark, with its scripts or without, once it is loaded."""
        for context in self._browser.contexts:
            context.close()
        context = self._browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            java_script_enabled=scripts,
            permissions=CLIPBOARD,
        )
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        self.said.clear()
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.goto(file.as_uri() + anchor)
        return page

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.said.append(message.text)


@contextmanager
def chromium() -> Iterator[Window]:
    """Start a browser; where there is none a test is skipped, but in CI it fails."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("no chromium is installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, timeout=PATIENCE)
        yield Window(browser)
        browser.close()
