"""What the user sees is what was said: no character of a path or a message is a sign to the terminal's own markup."""

import io

import pytest
from rich.console import Console

from harness.run.display import Took
from harness.terminal.progress import display

ODD = ["[bold]x[/bold]", "[/]", "[/nothing]", "a:smile:b", "[red]", "trailing\\", "C:\\[x]", "word " * 60]


@pytest.fixture
def shown():
    """What a display prints on a narrow terminal, or in a pipe."""

    def go(do, *, terminal):
        console = Console(file=io.StringIO(), width=60, force_terminal=terminal, color_system=None)
        with display(console) as here:
            do(here)
        return console.file.getvalue()

    return go


@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.parametrize("text", ODD)
def test_a_sentence_is_shown_as_it_is_and_no_line_of_it_is_broken(shown, text, terminal):
    assert f"see {text.strip()} there" in shown(lambda here: here.say(f"see {text.strip()} there"), terminal=terminal)


@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.parametrize("text", ODD[:-1])
def test_the_title_of_a_job_and_a_note_of_its_progress_are_shown_as_they_are(shown, text, terminal):
    def work(here):
        here.total(10)
        here.job(f"fetch {text}", 1)(0.5, text)
        here.done(f"fetch {text}", Took(2), 1)

    said = shown(work, terminal=terminal)
    assert terminal or f"fetch {text} took 2.0 s" in said
