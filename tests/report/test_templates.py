"""A report with templates of one's own: they replace harness's by name, and nothing in them can reach Python."""

import pytest
from click.testing import CliRunner

from harness.cli import main
from harness.errors import ReportError
from harness.record.file import write
from harness.report import render
from harness.report.templates import templates_folder

OWN = '<footer class="house"><p>Audited by {{ bibliography.title | upper }} &amp; Sons: {{ certificate.id }}</p></footer>\n'


@pytest.fixture
def own(tmp_path):
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "footer.html.j2").write_text(OWN)
    return folder


def page_of(bare, folder, templates=None):
    render(*bare, folder, pdf=False, templates=templates)
    return (folder / "index.html").read_text()


def test_a_template_replaces_harness_s_own_of_its_name_and_no_other_and_leaving_it_out_brings_that_back(
    bare, own, tmp_path
):
    folder = tmp_path / "report"
    usual, changed = page_of(bare, folder), page_of(bare, folder, own)
    files = {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix in {".csv", ".json", ".xml"}}
    begin, (before, after) = "<footer", (page.partition("<footer")[0] for page in (usual, changed))
    assert begin in usual
    assert "&amp; Sons: " in changed
    assert "Sons" not in usual
    assert before.partition("<body")[2] == after.partition("<body")[2]  # above it stand digests of the whole page
    assert page_of(bare, folder) == usual
    assert {name: (folder / name).read_bytes() for name in files} == files


def test_a_changed_template_is_rendered_anew_and_an_unchanged_one_is_not(bare, own, tmp_path):
    folder = tmp_path / "report"
    first = page_of(bare, folder, own)
    assert render(*bare, folder, pdf=False, templates=own).written == ()
    (own / "footer.html.j2").write_text(OWN.replace("Sons", "Daughters"))
    second = page_of(bare, folder, own)
    assert ("Sons" in first, "Sons" in second, "Daughters" in second) == (True, False, True)


@pytest.mark.parametrize(
    "hostile",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ record.__init__.__globals__ }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{% for n in range(10 ** 9) %}{% endfor %}",
        "{% include '../own/secret.txt' %}",
        "{{ paper | attr('__class__') }}",
    ],
)
def test_a_template_cannot_reach_python_or_files_beside_it(bare, own, tmp_path, hostile):
    (tmp_path / "secret.txt").write_text("secret")
    (own / "footer.html.j2").write_text(hostile)
    with pytest.raises(ReportError, match=r"cannot be rendered: .+; correct them, or leave out --template"):
        render(*bare, tmp_path / "report", pdf=False, templates=own)
    assert not (tmp_path / "report" / "index.html").exists()


@pytest.mark.parametrize(
    ("text", "said"), [("{{ open", "footer.html.j2:1: "), ("{{ nothing.of.this }}", "'nothing' is undefined")]
)
def test_a_mistake_in_a_template_is_said_with_its_place(bare, own, tmp_path, text, said):
    (own / "footer.html.j2").write_text(text)
    with pytest.raises(ReportError) as refused:
        render(*bare, tmp_path / "report", pdf=False, templates=own)
    assert said in str(refused.value)


def test_a_folder_that_holds_none_or_something_else_is_refused_before_anything_is_written(bare, own, tmp_path):
    (own / "foter.html.j2").write_text(OWN)
    empty = tmp_path / "empty"
    empty.mkdir()
    for folder, said in (
        (own, "did you mean 'footer.html.j2'?"),
        (empty, str(templates_folder())),
        (tmp_path / "none", "expected a folder of templates"),
    ):
        with pytest.raises(ReportError) as refused:
            render(*bare, tmp_path / "report", pdf=False, templates=folder)
        assert said in str(refused.value)
    assert not (tmp_path / "report").exists()


def test_the_command_takes_the_folder(bare, own, tmp_path, monkeypatch):
    monkeypatch.setattr("harness.report.folder._write_pdf", lambda *_: (False, ()))
    write(bare[0], tmp_path / "report" / "record")
    done = CliRunner().invoke(main, ["report", str(tmp_path / "report"), "--template", str(own)])
    assert done.exit_code == 0, done.output
    assert "&amp; Sons: " in (tmp_path / "report" / "index.html").read_text()
    refused = CliRunner().invoke(main, ["report", str(tmp_path / "report"), "--template", str(tmp_path / "none")])
    assert refused.exit_code == 2
