"""Serialises the result of each verb into a store entry, plain data and arrays, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from harness.errors import ContractError, brief
from harness.examples import Chosen, Examples, Grid, Trained, Value, failure_counts
from harness.kinds.contract import check_images
from harness.plan import Verb
from harness.record.facts import EnvironmentFacts, JobFacts, Noted, wrong
from harness.record.measurement import Sampled
from harness.store import StoreEntry
from harness.strictjson import LARGEST


class _Settled(Noted):
    settled: bool
    facts: dict[str, Any]


class _Chosen(Noted):
    images: int = Field(ge=0)
    of: int = Field(ge=0)


class _Found(Noted):
    found: float | None = Field(None, ge=0, le=1)
    failures: dict[str, int] = Field(default_factory=dict)


class _Drawn(Noted):
    shown: int = Field(ge=1)
    distortion: float | None = Field(None, ge=0, le=LARGEST)
    correct: int | None = Field(None, ge=0)
    clipped: bool = False
    across: int = Field(0, ge=0)
    says: str = ""


class _Digest(Noted):
    digest: str


_BODIES: dict[Verb, type[Noted]] = {
    Verb.FETCH: _Digest,
    Verb.TRAIN: _Settled,
    Verb.SELECT: _Chosen,
    Verb.CRAFT: _Found,
    Verb.MEASURE: Noted,
    Verb.SHOW: _Drawn,
}
"""Type of the plain part of each verb's result."""

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
"""First bytes of every PNG file."""

Payload = Examples | Trained | Value | Grid | Chosen


def pack(payload: Payload) -> StoreEntry:
    """Return a payload as an entry, without facts."""
    if isinstance(payload, Examples):
        given = {name: array for name, array in vars(payload).items() if array is not None}
        found = None if payload.found is None else float(np.mean(payload.found))
        failed = {} if found is None else failure_counts(payload)
        return StoreEntry({"found": found, **({"failures": failed} if failed else {})}, given)
    if isinstance(payload, Trained):
        return StoreEntry({"settled": payload.settled, "facts": dict(payload.facts)}, dict(payload.weights))
    if isinstance(payload, Grid):
        return StoreEntry({name: fact for name, fact in vars(payload).items() if name != "png"}, {"png": payload.png})
    if isinstance(payload, Value):
        return StoreEntry(asdict(payload))
    return StoreEntry({"images": len(payload.rows), "of": payload.of}, {"rows": payload.rows})


def mistake(verb: str, body: Mapping[str, Any], facts: Mapping[str, Any]) -> str:
    """Return an error in the plain parts of an entry of a verb; empty if there is none."""
    found = (
        wrong(body, _BODIES[Verb(verb)])
        or wrong(facts, JobFacts)
        or wrong(facts.get("environment", {}), EnvironmentFacts)
    )
    if not found and verb == Verb.MEASURE:
        try:
            value = _value(body, {})
            Sampled(**{**vars(value), "keys": (), "of": value.of or None})
        except (KeyError, TypeError, IndexError, ValidationError) as error:
            found = f"it does not contain a value: {brief(str(error))}"
    return found


def unpack(verb: Verb, entry: StoreEntry) -> Payload:
    """Return the payload of an entry.

    Raises:
        ValueError: if it does not contain a result of this verb.
    """
    try:
        return _UNPACK[verb](entry.body, entry.arrays)
    except (KeyError, TypeError, IndexError, ContractError) as error:
        raise ValueError(f"it does not contain a result of the verb {verb}: {error}") from error


def _examples(arrays: Mapping[str, NDArray[Any]]) -> Examples:
    made = Examples(**arrays)
    check_images(made, "examples", box=False)
    for name, dtype in (("targets", np.int64), ("found", np.bool_), ("distortion", np.float64), ("failure", np.int8)):
        array = getattr(made, name)
        if array is not None and (array.shape != made.labels.shape or array.dtype != dtype):
            raise ContractError(f"expected {name} as {np.dtype(dtype)} {made.labels.shape}")
    return made


def _rows(arrays: Mapping[str, NDArray[Any]]) -> NDArray[np.int64]:
    rows = arrays["rows"]
    if len(arrays) > 1 or rows.ndim != 1 or rows.dtype != np.int64 or (rows < 0).any():
        raise ContractError("expected rows as int64, one after the other")
    return rows


def _png(arrays: Mapping[str, NDArray[Any]]) -> NDArray[np.uint8]:
    png = arrays["png"]
    if png.ndim != 1 or png.dtype != np.uint8 or png[: len(_SIGNATURE)].tobytes() != _SIGNATURE:
        raise ContractError("expected a PNG file")
    return png


def _value(body: Mapping[str, Any], _: Mapping[str, NDArray[Any]]) -> Value:
    histogram = body["histogram"]
    return Value(**{**body, "histogram": histogram and (tuple(histogram[0]), tuple(histogram[1]))})


_UNPACK: dict[Verb, Callable[[Mapping[str, Any], Mapping[str, NDArray[Any]]], Payload]] = {
    Verb.TRAIN: lambda body, arrays: Trained(arrays, body["settled"], body["facts"]),
    Verb.SELECT: lambda body, arrays: Chosen(_rows(arrays), body["of"]),
    Verb.CRAFT: lambda _, arrays: _examples(arrays),
    Verb.MEASURE: _value,
    Verb.SHOW: lambda body, arrays: Grid(_png(arrays), **body),
}
