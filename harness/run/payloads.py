"""How the result of each verb is kept in the store: plain data and arrays, there and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.examples import Chosen, Examples, Grid, Trained, Value
from harness.plan import Verb
from harness.store import Entry

Payload = Examples | Trained | Value | Grid | Chosen


def pack(payload: Payload) -> Entry:
    """Return the entry that keeps a payload (without facts)."""
    if isinstance(payload, Examples):
        given = {name: array for name, array in vars(payload).items() if array is not None}
        found = None if payload.found is None else float(np.mean(payload.found))
        return Entry({"found": found}, given)
    if isinstance(payload, Trained):
        return Entry({"settled": payload.settled, "facts": dict(payload.facts)}, dict(payload.weights))
    if isinstance(payload, Grid):
        return Entry({name: fact for name, fact in vars(payload).items() if name != "png"}, {"png": payload.png})
    if isinstance(payload, Value):
        return Entry(asdict(payload))
    return Entry({"images": len(payload.rows), "of": payload.of}, {"rows": payload.rows})


def unpack(verb: Verb, entry: Entry) -> Payload:
    """Return the payload an entry keeps."""
    return _UNPACK[verb](entry.body, entry.arrays)


def _value(body: Mapping[str, Any], _: Mapping[str, NDArray[Any]]) -> Value:
    histogram = body["histogram"]
    return Value(**{**body, "histogram": histogram and (tuple(histogram[0]), tuple(histogram[1]))})


_UNPACK: dict[Verb, Callable[[Mapping[str, Any], Mapping[str, NDArray[Any]]], Payload]] = {
    Verb.TRAIN: lambda body, arrays: Trained(arrays, body["settled"], body["facts"]),
    Verb.SELECT: lambda body, arrays: Chosen(arrays["rows"], body.get("of")),
    Verb.CRAFT: lambda _, arrays: Examples(**arrays),
    Verb.MEASURE: _value,
    Verb.SHOW: lambda body, arrays: Grid(arrays["png"], **body),
}
