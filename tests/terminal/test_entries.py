import io

from rich.console import Console

from harness.terminal.verdicts import print_entries

LINES = [
    ("claim", "paper/t/c"),
    ("to settle", "`harness verify '[b]x[/b] :smile:' " + "and more " * 30 + "end`"),
    ("", "more"),
]


def test_a_pipe_has_no_width_so_that_no_command_is_broken_there():
    console = Console(file=io.StringIO(), width=80)
    print_entries(LINES, console)
    assert console.file.getvalue().splitlines() == [f"{heading:<9}  {text}" for heading, text in LINES]


def test_a_terminal_gets_a_table_of_its_width():
    console = Console(file=io.StringIO(), width=80, force_terminal=True, color_system=None, emoji=False)
    print_entries(LINES, console)
    said = console.file.getvalue()
    assert max(map(len, said.splitlines())) <= 80
    assert "'[b]x[/b] :smile:'" in said
