"""Looks are declared in a budget; margins are held against the images that are measured."""

import pytest

PAPER, TABLE = "paper.yaml", "claims/prose.yaml"


@pytest.mark.parametrize(
    ("looks", "told"),
    [
        ("[5, 3]", "looks must increase"),
        ("[3, 3]", "looks must increase"),
        ("[2, 5]", "expected a whole number of at least 3"),
        ("[]", "looks"),
        ("10", "looks"),
    ],
)
def test_looks_that_are_no_rising_numbers_of_runs_are_refused_at_their_place(pack, looks, told):
    (mistake,) = pack.edit(PAPER, "audit: {runs: 3}", f"audit: {{runs: 3, looks: {looks}}}").mistakes()
    assert "audit" in mistake
    assert told in mistake


def test_a_budget_of_more_runs_than_its_last_look_is_refused(pack):
    (mistake,) = pack.edit(PAPER, "full: {runs: 10,", "full: {runs: 12,").mistakes()
    assert "its 12 runs are more than the last of its looks, 10; write looks: [..., 12]" in mistake


def test_the_looks_of_the_budget_are_the_paper_s_and_three_by_default(pack):
    assert pack.load().paper.looks == (3, 5, 10)
    pack.edit(PAPER, "audit: {runs: 3}", "audit: {runs: 3, looks: [4, 8]}")
    assert pack.load().paper.looks == (4, 8)


def test_a_sample_smaller_than_the_paper_s_is_refused_and_a_rehearsal_s_is_not(pack):
    push = "    model: small\n", "    model: small\n    attack: push\n"
    (mistake,) = pack.edit(TABLE, *push).mistakes()
    assert "images are fewer than the paper's 256; draw at least as many" in mistake
    assert pack.load(budget="rehearsal").paper.budget == "rehearsal"


def test_images_that_each_run_draws_are_not_the_paper_s(pack):
    pack.edit(TABLE, "    model: small\n", "    model: small\n    attack: push\n")
    (mistake,) = pack.edit(TABLE, "{sampling: {images: 256}, ", "{same_images: true, ").mistakes()
    assert "new images; write sampling: {images: N}" in mistake
    assert mistake.split(":")[0] == TABLE


def test_a_published_split_that_the_paper_used_too_is_no_sample(pack, monkeypatch):
    pack.edit(TABLE, "{sampling: {images: 256}, ", "{sampling: {images: 7}, ")
    assert pack.mistakes() == []
    data = type(pack.load().data["toy"])
    monkeypatch.setattr(data, "split_sizes", {"test": 7})
    (mistake,) = pack.mistakes()
    assert "the paper's 7 images are the whole split, which is measured here too; write same_images: true" in mistake
    pack.edit(TABLE, "{sampling: {images: 7}, ", "{same_images: true, ")
    assert pack.mistakes() == []
