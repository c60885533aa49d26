"""The lock of a report's folder, in processes that are killed."""

import os
from pathlib import Path

from harness.record.file import FILE, FOLDER
from harness.report.lock import locked


def test_what_a_process_left_that_was_killed_while_it_tried_the_folder_is_removed_by_the_next(tmp_path):
    record = tmp_path / FOLDER / FILE
    record.parent.mkdir()
    record.write_text("earlier")
    child = os.fork()
    if child == 0:
        Path.write_bytes = lambda *_: os._exit(9)
        with locked(tmp_path):
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert len(list(record.parent.iterdir())) == 2
    with locked(tmp_path):
        assert [path.name for path in record.parent.iterdir()] == [FILE]
    assert record.read_text() == "earlier"
