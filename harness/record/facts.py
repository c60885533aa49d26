"""Types of the facts of a job and of an environment; a store or a record may contain further facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

LONGEST = 1e12
"""Largest number of seconds of a job (thirty thousand years); sums of larger numbers might not be finite."""
DEEPEST = 20
"""Largest depth of nesting; a JSON parser may refuse more."""
Plain = str | int | float | bool | None


class Noted(BaseModel):
    """Known facts, with their types; other facts may be any JSON value."""

    model_config = ConfigDict(frozen=True, strict=True, extra="allow", allow_inf_nan=False)


class JobFacts(Noted):
    """Provenance of a result, as the store and the record keep it."""

    verb: str = ""
    name: str = ""
    kind: str = ""
    run: int | None = None
    seed: int | None = None
    seconds: float = Field(0.0, ge=0, le=LONGEST)
    compiling: float = Field(0.0, ge=0, le=LONGEST)
    when: str | None = None
    source: str = ""
    settled: bool = True
    found: float | None = Field(None, ge=0, le=1)
    failures: dict[str, int] = Field(default_factory=dict)
    inputs: tuple[str, ...] | list[str] = ()
    result: str | None = None
    digest: str | None = None
    training: dict[str, Plain] = Field(default_factory=dict)
    loss_curve: list[tuple[float, float] | list[float]] = Field(default_factory=list)
    provenance: str = ""
    environment: dict[str, Any] = Field(default_factory=dict)


class EnvironmentFacts(Noted):
    """Machine and software with which a result was computed."""

    harness: str | None = None
    commit: str | None = None
    python: str | None = None
    backend: str | None = None
    device: str | None = None
    processor: str | None = None
    system: str | None = None
    threads: int | None = None
    versions: dict[str, str | None] = Field(default_factory=dict)
    settings: dict[str, str] = Field(default_factory=dict)


def wrong(facts: Mapping[str, Any], model: type[Noted]) -> str:
    """Return an error in the facts, in one line; empty if they match the model."""
    try:
        model.model_validate(facts)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg'].lower()}"
    return f"nested more than {DEEPEST} levels deep" if _is_deeper(facts, DEEPEST) else ""


def _is_deeper(value: Any, levels: int) -> bool:
    if levels < 0:
        return True
    parts = value.values() if isinstance(value, Mapping) else value
    return any(_is_deeper(part, levels - 1) for part in parts if isinstance(part, dict | list | tuple))


def _refuse(facts: dict[str, Any], model: type[Noted]) -> dict[str, Any]:
    if mistake := wrong(facts, model):
        raise ValueError(mistake)
    return facts


RecordedJob = Annotated[dict[str, Any], AfterValidator(lambda facts: _refuse(facts, JobFacts))]
RecordedEnvironment = Annotated[dict[str, Any], AfterValidator(lambda facts: _refuse(facts, EnvironmentFacts))]
