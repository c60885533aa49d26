from __future__ import annotations

import pytest
from paces import least_seconds

from harness.errors import UsageError
from harness.spec.reading.lint import lint


def test_lint_of_a_right_pack_finds_nothing(pack):
    assert lint([pack.folder]).mistakes == []


def test_lint_finds_the_mistakes_of_every_pack_in_order_of_file_and_line(pack, tmp_path):
    pack.edit("models.yaml", "width: 9", "width: 10").edit("attacks.yaml", "like: push", "like: psh")
    broken = tmp_path / "a-broken"
    broken.mkdir()
    (broken / "paper.yaml").write_text("format: 1\n")
    problems = lint([tmp_path]).mistakes
    assert problems == sorted(problems)
    assert {problem.file.relative_to(tmp_path).parts[0] for problem in problems} == {"a-broken", "toys"}


def test_lint_of_a_file_lints_its_whole_pack(pack):
    pack.edit("models.yaml", "width: 9", "width: 10")
    assert [problem.file.name for problem in lint([pack.folder / "paper.yaml"]).mistakes] == ["models.yaml"]


def test_lint_of_what_is_no_pack_is_a_mistake_of_usage(tmp_path):
    with pytest.raises(UsageError):
        lint([tmp_path])


def test_a_thousand_claims_are_linted_in_less_than_two_seconds_of_computing(pack):
    claim = """\
  claim-{0}:
    says: The error of the small one, number {0}.
    metric: toy-rate
    data: toy/test
    model: small
    printed: "7.4"
    unit: "%"
    margin: {{absolute: 0.5, because: pilot runs differ by that much}}
"""
    head = 'title: Many\nsource: {section: "9"}\nclaims:\n'
    pack.write("claims/many.yaml", head + "".join(claim.format(number) for number in range(1000)))

    def find_nothing():
        assert lint([pack.folder]).mistakes == []

    assert least_seconds(find_nothing, enough=2) < 2
