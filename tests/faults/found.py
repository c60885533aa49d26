"""Defects that the faults and the hostile input found in harness, each with its regression test."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Defect:
    """A defect that was found and repaired.

    Attributes:
        what: the defect, and the present behaviour.
        test: file and name of its regression test.
    """

    what: str
    test: str


FOUND = (
    Defect(
        "A pickle of two hundred bytes (in a `.pth` file) with a tuple of tuples as a dictionary key took forever "
        "to hash. Keys must now be texts or small numbers.",
        "tests/sources/test_pickled.py::test_what_a_few_bytes_make_endless_is_refused_at_once",
    ),
    Defect(
        "A pickle could set the state of the functions that read pickles, so that a `.pth` file changed how the "
        "same process read the next one. Only arrays may now have a state.",
        "tests/sources/test_torch_file.py::test_a_file_cannot_change_how_the_next_one_is_read",
    ),
    Defect(
        "A progressive JPEG of some hundred kilobytes can have thousands of scans, each over the whole image, and "
        "took arbitrarily long to decode. The number of scans is now limited.",
        "tests/sources/test_pixels.py::test_a_jpeg_that_is_scanned_again_and_again_is_refused_before_it_is_decoded",
    ),
    Defect(
        "Names of arrays in files of weights and data were printed unchanged in errors: escape sequences, "
        "bidirectional controls, and names of any length. They are now shortened to one printable line.",
        "tests/test_naming.py::test_names_of_a_million_characters_are_compared_in_no_time_and_cut",
    ),
    Defect(
        "Control characters in a record, a bundle or a store from somebody else were sent to the terminal.",
        "tests/terminal/test_console.py::test_what_steers_a_terminal_is_printed_as_question_marks",
    ),
    Defect(
        "A result whose provenance had a wrong type but a correct checksum (an import can contain one) ended "
        "`verify` with a traceback. It now counts as damaged and is computed again; so does a stored picture that "
        "is not a picture.",
        "tests/upkeep/test_upkeep.py::test_a_result_of_impossible_facts_is_damaged_though_its_checksum_is_right_and_a_verify_replaces_it",
    ),
    Defect(
        "A list of compiled programs with endless nesting ended `verify` with a traceback. Now only the cache is lost.",
        "tests/run/test_compile_cache.py::test_a_list_that_cannot_be_read_costs_the_cache_and_nothing_else",
    ),
    Defect(
        "Five thousand nested brackets in a pack took nine seconds to be refused.",
        "tests/spec/reading/test_yaml.py::test_brackets_within_brackets_are_refused_in_no_time",
    ),
    Defect(
        "A name with a line feed in a pack added a forged second mistake below the first. A mistake is now always "
        "one line.",
        "tests/test_errors.py::test_a_mistake_is_one_line_whatever_the_names_in_the_pack_hold",
    ),
    Defect(
        "A list instead of the fields of an optimizer ended `lint` with a traceback.",
        "tests/models/test_nested.py::test_what_is_no_mapping_where_fields_belong_is_a_mistake",
    ),
    Defect(
        "If the lock file could not be removed at the end (a device error), `verify` ended with a traceback after "
        "all its work was done. The next run now reuses the file.",
        "tests/test_locks.py::test_a_lock_file_that_cannot_be_removed_ends_nothing_and_is_taken_by_the_next",
    ),
    Defect(
        "Three thousand mistakes in one list of a pack were found again for each reading and each budget, and took "
        "more than a second to report. An entry that readings and budgets do not change is now checked once.",
        "tests/spec/reading/test_load.py::test_an_entry_is_built_once_for_all_readings_and_budgets_that_leave_it_as_it_is",
    ),
    Defect(
        "A `verify` that was killed while it checked whether the report's folder is writable left a hidden file "
        "there. The next run now removes it.",
        "tests/report/test_lock.py::test_what_a_process_left_that_was_killed_while_it_tried_the_folder_is_removed_by_the_next",
    ),
    Defect(
        "A `.caffemodel` of a million empty fields took more than a second.",
        "tests/sources/test_caffemodel.py::test_a_file_of_too_many_fields_is_refused_within_a_second",
    ),
)
