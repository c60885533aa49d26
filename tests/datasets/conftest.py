"""Data that are neither at home nor on a network, unless a test says so."""

from __future__ import annotations

import io
import urllib.error
from typing import Any

import pytest


@pytest.fixture
def keras_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Any:
    """Keras' folder of downloads, which is empty; downloads are forbidden."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("HARNESS_OFFLINE", "1")
    return tmp_path / "keras" / "datasets"


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch, keras_cache: Any) -> tuple[dict[str, bytes], list[str]]:
    """What the web answers, by address, and the addresses asked for."""
    answers: dict[str, bytes] = {}
    asked: list[str] = []

    def urlopen(address: str, timeout: float) -> io.BytesIO:
        asked.append(address)
        if address not in answers:
            raise urllib.error.URLError("no route to host")
        return io.BytesIO(answers[address])

    monkeypatch.delenv("HARNESS_OFFLINE")
    monkeypatch.setattr("urllib.request.urlopen", urlopen)
    return answers, asked
