"""Docstrings of the package as Markdown."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools" / "docs"))
from docstrings import markdown


def test_a_parameter_and_what_is_said_of_it_become_a_definition():
    text = """Draw.

Parameters
----------
n, size : int, 0 or more. Of rows,
    not of columns.
kind : "list" or "hash"
    Where they are.
"""
    definitions = [
        "`n`, `size`\n:   int, 0 or more. Of rows, not of columns.",
        '`kind`\n:   "list" or "hash". Where they are.',
    ]
    made = markdown(text)
    assert made.startswith("Draw.\n")
    assert "**Parameters**" in made and "-----" not in made
    assert all(definition in made for definition in definitions)


def test_what_follows_a_section_is_no_part_of_it():
    made = markdown("Raises\n------\nValueError : for a bad n,\n    with the reason.\n\nMore is said here : and there.")
    assert ":   for a bad n, with the reason." in made
    assert made.endswith("More is said here : and there.")


def test_a_sentence_that_is_returned_stays_one_paragraph():
    made = markdown("Returns\n-------\nn examples in a container\nof the kind that was fitted.")
    assert "\nn examples in a container of the kind that was fitted.\n" in made


def test_a_doctest_is_a_block_of_code_and_a_reference_a_link_where_there_is_a_page():
    made = markdown("As :func:`audit` and :class:`.Walk`:\n\n>>> 1 + 1\n2\n\nEnd.", {"audit": "mg.audit"}.get)
    assert made == "As [`audit`][mg.audit] and `Walk`:\n\n\n```pycon\n>>> 1 + 1\n2\n```\n\n\nEnd."
