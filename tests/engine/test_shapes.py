"""The shapes the engine declares are checked whenever a test calls it; here: that they are, and how much is left open."""

import ast
from pathlib import Path

import numpy as np
import pytest
from jaxtyping import TypeCheckError
from keras import ops

from harness.engine import carlini_wagner, criterion, ddn, exact, norms, objective, polish, two_loop
from harness.engine.line_search import Box

ENGINE = Path(norms.__file__).parent
OPEN = {"Any", "object"}
"""Annotations that say nothing."""


def arguments():
    """Yield every annotated argument of the engine's functions, nested ones too, with its annotation as written."""
    for path in sorted(ENGINE.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, node.args.vararg]
                for each in given:
                    if each is not None and each.arg not in {"self", "cls"}:
                        yield f"{path.name}:{each.lineno} {each.arg}", each.annotation and ast.unparse(each.annotation)


def test_every_argument_of_the_engine_says_what_it_is_and_fewer_than_one_in_ten_may_be_anything():
    found = list(arguments())
    assert not [where for where, written in found if written is None]
    anything = [where for where, written in found if written in OPEN]
    assert len(anything) < 0.1 * len(found), anything


def points(n, d):
    return ops.convert_to_tensor(np.zeros((n, d), np.float32))


@pytest.mark.parametrize(
    "call",
    [
        lambda: norms.length(np.zeros(3, np.float32)),
        lambda: norms.project_to_norm("l2", points(2, 3)[0], 1.0),
        lambda: criterion.logit_margin(points(2, 3), np.zeros(4, np.int32)),
        lambda: criterion.logit_margin(points(2, 3), np.zeros(2, np.float32)),
        lambda: objective.evaluate_penalty("norm", np.ones(3, np.float32), points(2, 3)),
        lambda: two_loop.no_pairs(3, points(2, 3), np.ones(3, np.float32)),
        lambda: Box(0.0, 1.0).free(points(2, 3), points(3, 2)),
        lambda: exact.nearest_points(np.ones((4, 3)), np.ones(2), np.ones((5, 4)), np.zeros(5, np.int64)),
    ],
    ids=["rank", "row", "members", "dtype", "c", "scale", "gradient", "classes"],
)
def test_an_array_of_another_shape_or_dtype_is_refused(call):
    with pytest.raises(TypeCheckError, match="Type-check error whilst checking the parameters"):
        call()


@pytest.mark.parametrize("program", [carlini_wagner.program, ddn.program, polish.linearising(9).func])
def test_the_functions_of_attacks_are_checked_too(program):
    # lru_cache hands a checked function on; its annotations are resolved by the checker.
    assert hasattr(program, "cache_info")
    assert program.__wrapped__.__annotations__
