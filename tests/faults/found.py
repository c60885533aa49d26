"""What the faults and the hostile input found in harness, each with the test that names it since."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Defect:
    """A defect that was found and mended.

    Attributes:
        what: what happened, and what happens now.
        test: file and name of the test that holds it.
    """

    what: str
    test: str


FOUND = (
    Defect(
        "A pickle of two hundred bytes (in a `.pth` file) whose dictionary had a tuple of tuples as its key was hashed for ever. Keys are "
        "texts and small numbers now.",
        "tests/sources/test_pickled.py::test_what_a_few_bytes_make_endless_is_refused_at_once",
    ),
    Defect(
        "A pickle could give a state to the functions by which pickles are read: a `.pth` file changed how the next one was read, in the same "
        "process. Only arrays take a state now.",
        "tests/sources/test_torch_file.py::test_a_file_cannot_change_how_the_next_one_is_read",
    ),
    Defect(
        "A progressive JPEG of some hundred kilobytes with thousands of scans, each of which goes over the whole image, was decoded for as long "
        "as its maker liked. Scans count now.",
        "tests/sources/test_pixels.py::test_a_jpeg_that_is_scanned_again_and_again_is_refused_before_it_is_decoded",
    ),
    Defect(
        "Names of arrays in files of weights and data went into errors and onto the terminal as they were: escape sequences, text turned around, "
        "and names of any length. They are one printable line now, cut.",
        "tests/test_naming.py::test_names_of_a_million_characters_are_compared_in_no_time_and_cut",
    ),
    Defect(
        "Texts of a record, a bundle or a store that somebody else wrote could steer the terminal on which they are shown.",
        "tests/terminal/test_console.py::test_what_steers_a_terminal_is_printed_as_question_marks",
    ),
    Defect(
        "A result whose provenance had another type, with a right checksum (as an import can bring it), ended `verify` with a traceback. It is "
        "damaged now, and computed again; so is a stored picture that is none.",
        "tests/upkeep/test_upkeep.py::test_a_result_of_impossible_facts_is_damaged_though_its_checksum_is_right_and_a_verify_replaces_it",
    ),
    Defect(
        "A list of compiled programs nested without end ended `verify` with a traceback. It costs the cache now.",
        "tests/run/test_compile_cache.py::test_a_list_that_cannot_be_read_costs_the_cache_and_nothing_else",
    ),
    Defect(
        "Five thousand brackets within one another in a pack took nine seconds to be refused.",
        "tests/spec/reading/test_yaml.py::test_brackets_within_brackets_are_refused_in_no_time",
    ),
    Defect(
        "A name with a line feed in a pack wrote a second mistake of its own below the first. A mistake is one line now.",
        "tests/test_errors.py::test_a_mistake_is_one_line_whatever_the_names_in_the_pack_hold",
    ),
    Defect(
        "A list where the fields of an optimizer belong ended `lint` with a traceback.",
        "tests/models/test_nested.py::test_what_is_no_mapping_where_fields_belong_is_a_mistake",
    ),
    Defect(
        "Where the lock file could not be removed at the end (an error of the device), `verify` ended with a traceback after all its work was "
        "done. The next run takes the file.",
        "tests/test_locks.py::test_a_lock_file_that_cannot_be_removed_ends_nothing_and_is_taken_by_the_next",
    ),
    Defect(
        "Three thousand mistakes in one list of a pack were found again under each reading and each budget, and took more than a second to be "
        "told. An entry that these leave as it is is looked at once.",
        "tests/spec/reading/test_load.py::test_an_entry_is_built_once_for_all_readings_and_budgets_that_leave_it_as_it_is",
    ),
    Defect(
        "A `verify` that was killed just while it tried whether the folder of its report can be written left a hidden file there that nobody "
        "removed. The next one does.",
        "tests/report/test_lock.py::test_what_a_process_left_that_was_killed_while_it_tried_the_folder_is_removed_by_the_next",
    ),
    Defect(
        "A `.caffemodel` of a million empty fields took more than a second.",
        "tests/sources/test_caffemodel.py::test_a_file_of_too_many_fields_is_refused_within_a_second",
    ),
)
