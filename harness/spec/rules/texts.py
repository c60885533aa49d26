"""The rules for files as text: encoding, YAML, file names."""

from __future__ import annotations

from harness.spec.rules.rule import MODELS, PAPER, TABLE, Example, Rule

UNREADABLE_FILE = Rule(
    "unreadable-file",
    "a file cannot be read: it is empty, too large, nested too deeply, not UTF-8, or contains control characters",
    "A file that cannot be read cannot be checked, and control characters can hide text.",
    "Save the file as UTF-8 text; delete what the message names; move away files that do not belong to the pack.",
    Example(PAPER, f"seed: {26 * '['}1{26 * ']'}", "seed: 1"),
)
YAML_SYNTAX = Rule(
    "yaml-syntax",
    "a file is not YAML",
    "Neither its content nor the names to which other files refer can be used.",
    "Correct the line the message names: put a text that contains ': ' or ' #' in quotes, indent with spaces, "
    "close every bracket and quote.",
    Example(TABLE, "title: What the table: shows", 'title: "What the table: shows"', "title: What the table shows"),
)
MORE_THAN_DATA = Rule(
    "more-than-data",
    "a file contains an anchor, an alias, a tag, a merge key, a directive or a second document",
    "A pack is plain data: each value is written where it is used, so that a reader sees it there.",
    "Delete the sign in the message, and write out the value.",
    Example(PAPER, "digits: &data {kind: digits}", "digits: {kind: digits}"),
)
WRITTEN_TWICE = Rule(
    "written-twice",
    "one mapping has a key twice, or one list a name twice",
    "YAML would silently keep one of the two; a mean over a list would count the name twice.",
    "Keep one of the two.",
    Example(PAPER, "seed: 1\nseed: 2", "seed: 1"),
)
NOT_A_VALUE = Rule(
    "not-a-value",
    "a number is infinite, undefined or too large, or a text in quotes contains a control character",
    "harness can neither compute with such a value nor write it into a record.",
    "Write a finite number, in quotes if it is text; delete the control character.",
    Example(PAPER, "seed: .inf", "seed: 1"),
)
STRAY_FILE = Rule(
    "stray-file",
    "harness does not read a YAML file in this place of the pack",
    "Its content is missing from the pack, and no other message would say why.",
    "Rename it as the message says, or move it away.",
    Example("", "model.yaml", "models.yaml"),
)
MISSING_FILE = Rule(
    "missing-file",
    "a required file is missing",
    "A pack says which paper (paper.yaml), which models (models.yaml) and which claims (claims/*.yaml).",
    "Write the file; `harness init PACK` writes a pack with all files.",
    Example("", "claims/table-1.yml", "claims/table-1.yaml"),
)
LATER_FORMAT = Rule(
    "later-format",
    "the format of a pack is newer than this version of harness",
    "Keys of a newer format may have another meaning.",
    "Update harness, or use the format that this version reads.",
    Example(PAPER, "format: 2", "format: 1"),
)
TEXT_CUT_BY_COMMENT = Rule(
    "text-cut-by-comment",
    "a text without quotes is followed by a '#'",
    "YAML silently treats everything from there to the end of the line as a comment.",
    "If it belongs to the text, put the text in quotes. If it is a comment, put it on a separate line.",
    Example(TABLE, "title: What table #1 shows", 'title: "What table #1 shows"', "title: What the table shows"),
    warning=True,
)
BAD_NAME = Rule(
    "bad-name",
    "a key is not a valid name",
    "Names become ids of claims, parts of paths and anchors of the report; none, row and column have a special meaning.",
    "Use lower-case letters, digits, '-' and '_', with a letter or a digit at both ends.",
    Example(MODELS, "Network: {kind: fully-connected,", "network: {kind: fully-connected,"),
)
