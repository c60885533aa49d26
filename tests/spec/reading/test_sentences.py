"""The list of a paper's sentences and the pack's claims agree in both directions, and each sentence is accounted for once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from harness.kinds import registry
from harness.spec.paper import Paper
from harness.spec.reading.folder import SENTENCES
from harness.spec.reading.load import load
from harness.spec.reading.node import Problems
from harness.spec.reading.schema import schema_files
from harness.spec.reading.yaml import read

ROOT = Path(__file__).parents[3]
FOUND = 'found: {source: {section: "4"}, says: Found for all., claims: [prose/all-found], ours: ["prose/worse-*"]}\n'
AGAIN = "again: {source: {table: 1}, says: Once more., claims: [prose/printed-again, table-1/small/error]}\n"
LOST = "lost: {source: {figure: 5}, says: About 0.006., printed: '0.006', unit: distortion, not_expressible: no ImageNet}\n"
SAME = 'same: {source: {section: "5"}, says: Found., same_as: found}\n'
ALL = FOUND + AGAIN + LOST + SAME


def said(pack, text=ALL):
    return pack.write(SENTENCES, text)


def test_a_pack_may_list_no_sentences(pack):
    assert pack.load().paper.sentences == ()


def test_each_sentence_is_read_with_what_became_of_it_in_the_order_of_the_file(pack):
    found, again, lost, same = said(pack).load().paper.sentences
    assert (found.claims, found.ours) == (("prose/all-found",), ("prose/worse-than-alike",))
    assert again.claims == ("prose/printed-again", "table-1/small/error")
    assert (lost.not_expressible.printed, lost.not_expressible.why) == ("0.006", "no ImageNet")
    assert lost.not_expressible.id == "sentences/lost"
    assert same.same_as == "found"


def test_sentences_change_neither_claims_nor_exhibits(pack):
    before = pack.load().paper
    assert said(pack).load().paper.model_copy(update={"sentences": ()}) == before


def test_a_record_of_before_has_no_sentences(pack):
    old = pack.load().paper.model_dump(mode="json")
    del old["sentences"]
    assert Paper.model_validate_json(json.dumps(old)).sentences == ()


@pytest.mark.parametrize("claim", ["all-found", "worse-than-alike", "printed-again"])
def test_a_claim_that_stands_in_no_table_must_be_named_by_a_sentence(pack, claim):
    every = {"all-found", "worse-than-alike", "printed-again"} - {claim}
    named = ", ".join(f"prose/{name}" for name in sorted(every))
    (mistake,) = said(pack, f"some: {{source: {{table: 1}}, says: Some., claims: [{named}]}}\n").mistakes()
    assert mistake.startswith("claims/prose.yaml:")
    assert f"claims.{claim}: no sentence of sentences.yaml names 'prose/{claim}'" in mistake


def test_a_claim_of_a_sentence_must_exist(pack):
    (mistake,) = said(pack, ALL.replace("prose/all-found", "prose/al-found")).mistakes()
    assert mistake.startswith("sentences.yaml:1:")
    assert "unknown claim 'prose/al-found'; did you mean 'prose/all-found'?" in mistake


def test_a_sentence_may_name_what_is_not_expressible_in_a_table(pack):
    pack.edit("claims/table-1.yaml", '["7.4", "0.062"]', '["7.4", {printed: "0.062", not_expressible: torn}]')
    text = ALL + "size: {source: {table: 1}, says: Its size., claims: [table-1/small/size]}\n"
    assert said(pack, text).load().paper.sentences[-1].claims == ("table-1/small/size",)


WRONG = {
    "nothing became of it": (
        'same: {source: {section: "5"}, says: Found.}\n',
        "sentences.yaml:4:1: same: expected one of claims, not_expressible and same_as; found none; keep or write one",
    ),
    "two things became of it": (
        'same: {source: {section: "5"}, says: Found., same_as: found, claims: [prose/all-found]}\n',
        "sentences.yaml:4:1: same: expected one of claims, not_expressible and same_as; found claims and same_as",
    ),
    "a number beside claims": (
        'same: {source: {section: "5"}, says: Found., same_as: found, printed: "1"}\n',
        "sentences.yaml:4:62: same.printed: is only for a sentence that is not expressible",
    ),
    "a bare number": (
        "same: {source: {figure: 6}, says: Found., printed: 0.10, not_expressible: no}\n",
        "same.printed: expected text, or null; found the number 0.10; put it in quotes",
    ),
    "the same as none": (
        'same: {source: {section: "5"}, says: Found., same_as: fount}\n',
        "same.same_as: unknown sentence 'fount'; did you mean 'found'?",
    ),
    "the same as itself": (
        'same: {source: {section: "5"}, says: Found., same_as: same}\n',
        "same.same_as: names the sentence itself",
    ),
    "the same as a repeat": (
        SAME + 'third: {source: {section: "6"}, says: Found., same_as: same}\n',
        "third.same_as: 'same' is itself the same as 'found'; name that one instead",
    ),
    "no place": (
        "same: {source: {page: 3}, says: Found., same_as: found}\n",
        "expected one of table, figure or section",
    ),
    "no words": ('same: {source: {section: "5"}, says: "  ", same_as: found}\n', "same.says: expected a sentence"),
    "an unknown key": (
        'same: {source: {section: "5"}, says: Found., sameas: found, same_as: found}\n',
        "same.sameas: unknown field; did you mean 'same_as'?",
    ),
    "a bad name": (
        'Same!: {source: {section: "5"}, says: Found., same_as: found}\n',
        "cannot be the name of a sentence",
    ),
    "no mapping": ("same: found\n", "same: expected a mapping"),
}


@pytest.mark.parametrize(("text", "told"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_told_with_its_place(pack, text, told):
    (mistake,) = said(pack, FOUND + AGAIN + LOST + text).mistakes()
    assert told in mistake


def test_an_exhibit_of_which_a_sentence_counts_a_number_is_not_left_out_too(pack):
    pack.edit("paper.yaml", "seed: 7\n", "seed: 7\nprinted_numbers: {figure-5: 1}\n")
    (mistake,) = said(pack).mistakes()
    assert "printed_numbers.figure-5: sentences.yaml already counts a number of it (lost)" in mistake


def test_a_file_of_claims_cannot_give_the_ids_of_sentences(pack):
    (pack.folder / "claims" / "prose.yaml").rename(pack.folder / "claims" / "sentences.yaml")
    (mistake,) = said(pack, ALL.replace("prose/", "sentences/")).mistakes()
    assert "gives its claims the same ids as these sentences; rename that file" in mistake


def test_a_misspelt_file_is_told_its_name(pack):
    (mistake,) = pack.write("sentence.yaml", ALL).mistakes()
    assert "rename it to sentences.yaml" in mistake


def judged_by(schema, pack, text):
    node = read(said(pack, text).folder / SENTENCES, Problems())
    return not list(Draft7Validator(schema).iter_errors(node.plain()))


def test_the_schema_takes_what_the_reading_takes_and_refuses_what_has_two_ends_or_none(pack):
    schema = json.loads(schema_files()["sentences.schema.json"])
    assert judged_by(schema, pack, ALL)
    for name in ("nothing became of it", "two things became of it", "a number beside claims", "an unknown key"):
        assert not judged_by(schema, pack, FOUND + WRONG[name][0]), name


def test_the_paper_s_sentences_are_accounted_for_section_by_section(monkeypatch):
    monkeypatch.undo()  # the kinds of harness instead of the toys
    registry.discover()
    paper = load(ROOT / "specs" / "szegedy2013").paper
    named = {claim for each in paper.sentences for claim in (*each.claims, *each.ours)}
    cells = {claim for shown in paper.exhibits if shown.shape == "table" for claim in shown.claims}
    assert named <= set(paper.by_id)
    assert set(paper.by_id) - cells <= named
    for each in paper.sentences:
        assert [bool(each.claims), each.not_expressible is not None, each.same_as is not None].count(True) == 1
    sections = {str(each.source.section).partition(".")[0] for each in paper.sentences if each.source.section}
    assert sections == {"1", "2", "3", "4", "5"}
    ours = {claim for each in paper.sentences for claim in each.ours}
    assert ours == {claim.id for claim in paper.claims if "control of ours" in claim.says or claim.another is not None}
