"""The rules for files as text: encoding, YAML, names of files."""

from __future__ import annotations

from harness.spec.rules.rule import MODELS, PAPER, TABLE, Example, Rule

UNREADABLE_FILE = Rule(
    "unreadable-file",
    "a file cannot be read: it is empty, too large, nested too deeply, not UTF-8, or holds control characters",
    "A file that cannot be read cannot be checked, and a control character hides what is really written.",
    "Save the file as UTF-8 text; delete what the message names; move away what is no file of the pack.",
    Example(PAPER, f"seed: {26 * '['}1{26 * ']'}", "seed: 1"),
)
YAML_SYNTAX = Rule(
    "yaml-syntax",
    "a file is not YAML",
    "Everything in the file is lost, and so are all names that other files take from it.",
    "Correct the line the message names: put a text that holds ': ' or ' #' in quotes, indent with spaces, close every "
    "bracket and quote.",
    Example(TABLE, "title: What the table: shows", 'title: "What the table: shows"', "title: What the table shows"),
)
MORE_THAN_DATA = Rule(
    "more-than-data",
    "a file holds an anchor, an alias, a tag, a merge key, a directive or a second document",
    "A pack holds data and nothing else: each value is written where it is meant, so that a reader sees it there.",
    "Delete the sign the message names, and write the value out.",
    Example(PAPER, "digits: &data {kind: digits}", "digits: {kind: digits}"),
)
WRITTEN_TWICE = Rule(
    "written-twice",
    "one mapping has a key twice, or one list a name twice",
    "YAML would keep one of the two and say nothing; a mean over a list would count the name twice.",
    "Keep one of the two.",
    Example(PAPER, "seed: 1\nseed: 2", "seed: 1"),
)
NOT_A_VALUE = Rule(
    "not-a-value",
    "a number is not finite or too large, or a text in quotes holds a control character",
    "Such a value can neither be computed with nor be written into a record.",
    "Write a finite number, in quotes if it is text; delete the control character.",
    Example(PAPER, "seed: .inf", "seed: 1"),
)
STRAY_FILE = Rule(
    "stray-file",
    "a YAML file is in the pack where it is not read",
    "A file's name is the field it fills: what it holds is missing from the pack, and no other message says why.",
    "Rename it as the message says, or move it away.",
    Example("", "model.yaml", "models.yaml"),
)
MISSING_FILE = Rule(
    "missing-file",
    "a file that every pack has is not there",
    "A pack says which paper (paper.yaml), which models (models.yaml) and which claims (claims/*.yaml).",
    "Write the file; `harness init PACK` writes a pack that has all of them.",
    Example("", "claims/table-1.yml", "claims/table-1.yaml"),
)
LATER_FORMAT = Rule(
    "later-format",
    "a pack says that it has a later format than this version of harness reads",
    "Keys of a later format may mean something else here.",
    "Update harness, or write the format this version reads.",
    Example(PAPER, "format: 2", "format: 1"),
)
TEXT_CUT_BY_COMMENT = Rule(
    "text-cut-by-comment",
    "a text without quotes is followed by a '#'",
    "YAML takes everything from there to the end of the line for a comment, and says nothing of it.",
    "Put the text in quotes if it goes on; put the comment on a line of its own if it is one.",
    Example(TABLE, "title: What table #1 shows", 'title: "What table #1 shows"', "title: What the table shows"),
    warning=True,
)
BAD_NAME = Rule(
    "bad-name",
    "a key cannot be a name",
    "Names become ids of claims, parts of paths and anchors of the report; none, row and column are taken.",
    "Write small letters, digits, '-' and '_', with a letter or a digit at both ends.",
    Example(MODELS, "Network: {kind: fully-connected,", "network: {kind: fully-connected,"),
)
