"""Reports an order stated in prose that contradicts the printed numbers."""

from __future__ import annotations

from collections.abc import Iterable

from harness.spec.claim import Claim
from harness.spec.orders import printed_orders
from harness.spec.reading.node import Node, Problems
from harness.spec.rules.numbers import ORDER_CONTRADICTS_PRINT


def check_orders(claims: Iterable[tuple[Claim, Node | None]], problems: Problems) -> None:
    """Report a claimed order (less or greater) if the tables print the opposite.

    All numbers of both sides must be printed. Equal numbers are no contradiction, because both were rounded.

    Args:
        claims: every claim, and where its relation is written.
        problems: receives every mistake.
    """
    nodes = {claim.id: (claim, node) for claim, node in claims}
    for name, order in printed_orders(claim for claim, _ in nodes.values()).items():
        claim, node = nodes[name]
        if node is not None and claim.deviates_because is None and not order.agrees:
            problems.at(
                node,
                ORDER_CONTRADICTS_PRINT,
                f"the printed numbers say the opposite: {order.measured:.4g} here, {order.other:.4g} for the other; "
                "restrict the claim to what they support, or declare it with 'deviates_because'",
            )
