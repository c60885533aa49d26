"""Checks a margin against the measured images: how many there are, and whether the paper used the same images."""

from __future__ import annotations

from harness.spec.claim import Claim, Sampling, as_tuple
from harness.spec.reading.claims import Written
from harness.spec.reading.node import Node, Problems
from harness.spec.reading.pack_entries import PackEntries
from harness.spec.rules.numbers import SAME_IMAGES, SAMPLE_SMALLER_THAN_PAPERS


def check_whose_images(written: Written, groups: PackEntries, problems: Problems) -> None:
    """Report a margin for a sample that is smaller than the paper's, or that assumes the wrong images.

    Args:
        written: a claim, under a budget whose results are comparable.
        groups: what names stand for.
        problems: receives the mistake.
    """
    claim, node = written.claim, written.draft.keys.get("margin")
    margin, drawn = claim.expected.margin, claim.measure.sample.count
    if margin is None or node is None:
        return
    if margin.sampling is not None:
        _check_sampling(claim, margin.sampling, node.entries["sampling"], groups, problems)
    elif margin.same_images and drawn is not None:
        problems.at_key(
            node.entries["same_images"],
            SAME_IMAGES,
            f"each run draws {drawn} new images; write sampling: {{images: N}}, with N the number of the paper's",
        )


def _check_sampling(claim: Claim, theirs: Sampling, node: Node, groups: PackEntries, problems: Problems) -> None:
    drawn = claim.measure.sample.count
    sizes = [groups.size(split) for split in as_tuple(claim.measure.data)]
    whole = None if None in sizes else min(size for size in sizes if size is not None)
    ours = drawn if drawn is not None else whole
    if ours is None:
        return
    if ours < theirs.images:
        problems.at_key(
            node,
            SAMPLE_SMALLER_THAN_PAPERS,
            f"our {ours} images are fewer than the paper's {theirs.images}; draw at least as many, or write an absolute margin",
        )
    elif drawn is None and whole == theirs.images:
        problems.at_key(
            node,
            SAME_IMAGES,
            f"the paper's {theirs.images} images are the whole split, which is measured here too; write same_images: true",
        )
