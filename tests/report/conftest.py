"""A record such as a real audit leaves behind: every outcome, a table and a list, fitted and repeated claims."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from harness.judge import judge
from harness.judge.verdict import Verdict
from harness.record.invocation import Invocation
from harness.record.measurement import Measurement, Missing, Run, Sampled
from harness.record.model import Drawn, Record
from harness.report import Rendered, render
from harness.spec.claim import Claim
from harness.spec.paper import Assumption, Axis, Bibliography, Exhibit, Paper, Reading

PRINTED = {
    "fc10-1e-4": ("FC10(10⁻⁴)", "6.7", "7.4", "0.062"),
    "fc10-1e-2": ("FC10(10⁻²)", "10", "9.4", "0.1"),
    "fc10-1": ("FC10(1)", "21.2", "20", "0.14"),
}
MEASURED = {
    "fc10-1e-4": ((6.58, 6.59, 6.58), (7.40, 7.41, 7.38), (0.0534, 0.0531, 0.0537)),
    "fc10-1e-2": ((9.90, 9.90, 9.89), (9.37, 9.37, 9.38), (0.0909, 0.0915, 0.0903)),
    "fc10-1": ((23.09, 23.08, 23.09), (21.65, 21.66, 21.65), (0.128, 0.105, 0.137)),
}
EXACT = {"fc10-1e-4": 0.983, "fc10-1e-2": 0.968, "fc10-1": 0.863}
MARGINS = {
    "train-error": ({"absolute": 0.5}, "twice the sampling error of 7 % counted on 10,000 images"),
    "test-error": ({"absolute": 0.5}, "twice the sampling error of 7 % counted on 10,000 images"),
    "distortion": ({"relative": 0.15}, "the target rule and the images used are not stated"),
}
ENVIRONMENT = {
    "harness": "0.1.0",
    "commit": "3f2a9c71d0be",
    "python": "3.11.9",
    "backend": "tensorflow",
    "device": "cpu",
    "versions": {"tensorflow": "2.21.0", "keras": "3.15.1", "numpy": "2.4.6"},
    "processor": "AMD EPYC 7B13",
    "threads": 2,
    "settings": {},
    "zymurgy": [1, True, None],
}


def sampled(value: float, key: str, **more: Any) -> Sampled:
    return Sampled(keys=(key,), value=value, **more)


def histogram(mean: float, seed: int) -> tuple[tuple[float, ...], tuple[int, ...]]:
    """Fifty bins over twice the mean, as a metric with fixed edges would count 256 images."""
    drawn = np.random.default_rng(seed).gamma(6, mean / 6, 256)
    counts, edges = np.histogram(drawn, bins=40, range=(0, 0.3))
    return tuple(map(float, edges)), tuple(map(int, counts))


def table(names: Sequence[str] = tuple(PRINTED)) -> tuple[Exhibit, list[Claim], dict[str, Measurement]]:
    """Table 1's softmax rows with the numbers a real run gives."""
    columns = {"train-error": "Train error (%)", "test-error": "Test error", "distortion": "Av. min. distortion"}
    claims, measurements, cells = [], {}, {}
    for row in names:
        label, *printed = PRINTED[row]
        for place, (column, heading) in enumerate(columns.items()):
            distorted = column == "distortion"
            width, because = MARGINS[column]
            claim = Claim.model_validate(
                {
                    "id": f"table-1/{row}/{column}",
                    "source": {"table": 1, "page": 6},
                    "says": f"{label}: {heading}",
                    "measure": {
                        "metric": "distortion" if distorted else "error-rate",
                        "data": "mnist/test" if column == "test-error" else "mnist/train",
                        "model": row,
                        **({"attack": "lbfgs", "limit": "exact"} if distorted else {}),
                    },
                    "expected": {
                        "printed": printed[place],
                        "unit": "distortion" if distorted else "%",
                        "decimals": 3 if distorted else 1,
                        "margin": {**width, "because": because},
                    },
                    "primary": distorted or row == "fc10-1",
                },
                strict=False,
            )
            claims.append(claim)
            cells[f"{row}/{column}"] = claim.id
            measurements[claim.id] = measurement(claim, MEASURED[row][place], EXACT[row] if distorted else None)
    exhibit = Exhibit(
        id="table-1",
        title="MNIST models, their errors and the average minimum distortion",
        source=claims[0].source,
        shape="table",
        rows=tuple(Axis(name=row, label=PRINTED[row][0]) for row in names),
        columns=tuple(Axis(name=name, label=label) for name, label in columns.items()),
        cells=cells,
        claims=tuple(claim.id for claim in claims),
    )
    return exhibit, claims, measurements


def measurement(claim: Claim, values: Sequence[float], exact: float | None) -> Measurement:
    runs = []
    for number, value in enumerate(values, start=1):
        key = f"{claim.id}#{number}"
        natural = value * claim.expected.scale
        if exact is None:
            runs.append(Run(run=number, measured=sampled(natural, key, count=round(natural * 10000), of=10000)))
        else:
            seen = sampled(natural, key, of=256, spread=0.4 * value, histogram=histogram(value, number), found=1.0)
            runs.append(
                Run(
                    run=number,
                    measured=seen,
                    limit=sampled(exact * value, f"{key}!", histogram=histogram(exact * value, number)),
                )
            )
    return Measurement(claim=claim.id, budget="audit", runs=tuple(runs), inputs="same", provenance="0123456789ab")


STATEMENTS: dict[str, dict[str, Any]] = {
    "found-for-every-image": {
        "says": "An adversarial example is found for every image.",
        "metric": "success-rate",
        "relation": "all",
    },
    "fools-others": {
        "says": "Examples made for one network fool others more than noise does.",
        "relation": "greater_than",
    },
    "exact": {
        "says": "For a convex loss the penalty method finds the smallest distortion.",
        "metric": "distortion",
        "relation": "equivalent_to",
    },
    "noise": {"says": "Gaussian noise of stddev 1 leaves an accuracy of 51 %.", "printed": "51", "unsettled": True},
    "adversarial-training": {
        "says": "Adversarial training brings the test error below 1.2 %.",
        "printed": "1.2",
        "relation": "at_most",
    },
    "imagenet": {"says": "AlexNet's average distortion is 0.006508.", "metric": "distortion", "printed": "0.006508"},
    "declared": {"says": "Figure 7 prints 0.063 for the same network.", "metric": "distortion", "printed": "0.063"},
}


def prose() -> tuple[Exhibit, list[Claim], dict[str, Measurement]]:
    """A list of statements: relations, a claim that could not be run, one that cannot be compared, one declared."""
    claims, found = [], {}
    for name, told in STATEMENTS.items():
        relation = told.get("relation", "close_to")
        paired = relation in {"greater_than", "equivalent_to"}
        distorted = told.get("metric") == "distortion"
        claims.append(
            Claim.model_validate(
                {
                    "id": f"section-4/{name}",
                    "source": {"section": "4.2", "page": 6},
                    "says": told["says"],
                    "measure": {
                        "metric": told.get("metric", "error-rate"),
                        "data": "mnist/test",
                        "model": ("fc10-1e-4", "fc10-1"),
                        "attack": "lbfgs",
                    },
                    "other": {"metric": "error-rate", "data": "mnist/test", "model": "fc10-1", "attack": "noise"}
                    if paired
                    else None,
                    "expected": {
                        "printed": told.get("printed"),
                        "unit": "number" if relation == "all" else "distortion" if distorted else "%",
                        "relation": relation,
                        "margin": None
                        if relation in {"all", "greater_than"}
                        else {"absolute": 0.003 if distorted else 0.4, "because": "seeds differ by as much"},
                    },
                    "deviates_because": "the figure and the table contradict each other"
                    if name == "declared"
                    else None,
                    "same_as": "table-1/fc10-1/distortion" if name == "imagenet" else None,
                    "primary": name != "imagenet",
                },
                strict=False,
            )
        )
    ids = {name: f"section-4/{name}" for name in STATEMENTS}

    def add(name: str, values: Sequence[float], others: Sequence[float] = (), **more: Any) -> None:
        runs = [
            Run(
                run=n,
                measured=sampled(value, f"{name}#{n}", **more),
                other=sampled(others[n - 1], f"{name}?{n}") if others else None,
            )
            for n, value in enumerate(values, start=1)
        ]
        found[ids[name]] = Measurement(
            claim=ids[name], budget="audit", runs=tuple(runs), inputs="same", provenance="0123456789ab"
        )

    add("found-for-every-image", (1.0, 1.0, 1.0), count=1536, of=1536)
    add("fools-others", (0.31, 0.29, 0.33), (0.08, 0.07, 0.09), of=256)
    add("exact", (0.053, 0.071, 0.049), (0.052, 0.062, 0.052))
    add("noise", (0.47, 0.49, 0.46), of=10000, settled=False)
    add("declared", (0.0701, 0.0702, 0.0700), found=0.996)
    missing = Missing(
        reason="weights-missing", sentence="AlexNet's weights are not on this machine; put alexnet.npz into --data-dir."
    )
    found[ids["imagenet"]] = Measurement(claim=ids["imagenet"], missing=missing)
    exhibit = Exhibit(
        id="section-4",
        title="Prose claims of section 4",
        source=claims[0].source,
        shape="list",
        claims=tuple(claim.id for claim in claims),
    )
    return exhibit, claims, found


def make_record(*parts: tuple[Exhibit, list[Claim], dict[str, Measurement]], **changes: Any) -> Record:
    """Return a record of the given exhibits, by default the table and the prose."""
    parts = parts or (table(), prose())
    measurements = {claim: seen for part in parts for claim, seen in part[2].items()}
    paper = Paper(
        name="szegedy2013",
        bibliography=changes.pop("bibliography", None) or Bibliography(
            title="Intriguing properties of neural networks",
            authors=("Christian Szegedy", "Wojciech Zaremba", "Ilya Sutskever"),
            year=2014,
            venue="ICLR",
            url="https://arxiv.org/abs/1312.6199",
            version="arXiv v4",
            note="Table 1's softmax rows and some of the prose.",
        ),
        seed=1312,
        budget="audit",
        runs=3,
        assumptions=changes.pop("assumptions", None) or {
            "weight-decay": Assumption(
                question="Which multiple of the squared weights is added?",
                readings={
                    "over-k": Reading(says="The printed formula.", sets={"models.*.decay": "lambda/k"}),
                    "half": Reading(says="Half of lambda.", sets={"models.*.decay": "lambda/2"}),
                },
                chosen="half",
                because="It meets two of the three networks' errors.",
                fitted_on=("table-1/fc10-1e-*/t*-error",),
            ),
            "targets": Assumption(
                question="Which wrong class is an image turned into?",
                readings={"random": Reading(says="One drawn at random."), "nearest": Reading(says="The nearest.")},
                chosen="random",
                because="Later work does.",
            ),
        },
        exhibits=tuple(part[0] for part in parts),
        claims=tuple(claim for part in parts for claim in part[1]),
    )  # fmt: skip
    training = {"iterations": 0, "loss": 0.2412, "stopped": "loss no longer changes"}
    jobs = {
        key: {"verb": "measure", "name": claim, "run": run.run, "seconds": 0.25, "when": f"2026-03-0{run.run}T10:00:00+00:00"}
        for claim, seen in measurements.items() for run in seen.runs for key in run.measured.keys
    } | {
        f"t{run}": {"verb": "train", "name": "fc10-1", "run": run, "seconds": 41.7, "training": training | {"iterations": 240 + run}} for run in (1, 2, 3)
    }  # fmt: skip
    return Record(
        harness="0.1.0",
        paper=paper,
        invocation=Invocation(pack=f"specs/{paper.name}"),
        recipes={
            "models": {"fc10-1": {"kind": "fully-connected", "hidden": [], "decay": 1.0}},
            "data": {"mnist": {"kind": "mnist"}},
        },
        measurements=measurements,
        provenance={"0123456789ab": ENVIRONMENT},
        jobs=jobs,
        digests={"mnist": "ab" * 32},
        **changes,
    )


DRAWN = Drawn(
    png="iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAAAAADRSSBWAAAAC0lEQVR4nGNgaAAAAIMAgYfP7KQAAAAASUVORK5CYII=",
    shown=1,
    distortion=1.0,
    key="drew",
)
"""A picture of one pair of one pixel each, black and grey."""


@pytest.fixture(scope="session")
def record() -> Record:
    return make_record(pictures={"section-4/noise": DRAWN})


@pytest.fixture(scope="session")
def verdicts(record: Record) -> tuple[Verdict, ...]:
    return judge(record)


@pytest.fixture(scope="session")
def report(record, verdicts, tmp_path_factory) -> Rendered:
    """The sample's report, PDF included: made once, only looked at."""
    return render(record, verdicts, tmp_path_factory.mktemp("report"))


@pytest.fixture(scope="session")
def page(report: Rendered) -> str:
    return (report.written[0].parent / "index.html").read_text()


@pytest.fixture
def make() -> Callable[..., Record]:
    return make_record


@pytest.fixture
def bare() -> tuple[Record, tuple[Verdict, ...]]:
    """A record without measurements, whose report has no figures and is written in no time, and its verdicts."""
    record = make_record().model_copy(update={"measurements": {}})
    return record, judge(record)
