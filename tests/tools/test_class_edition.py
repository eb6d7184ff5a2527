"""The student's edition has the whole page but its outputs and answers, a cell for each exercise, and runs."""

import ast
import json
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
RESULT = "What came out, once you have predicted it"
PAGES = sorted((ROOT / "notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module")
def edition(tmp_path_factory):
    folder = tmp_path_factory.mktemp("class")
    (folder / "99_of_before.ipynb").write_text("{}")
    run = [sys.executable, ROOT / "tools" / "class_edition.py", f"--output={folder}"]
    subprocess.run(run, check=True, capture_output=True)
    return folder


def sources(path, kind="code"):
    return [
        "".join(cell["source"]) for cell in json.loads(path.read_text("utf-8"))["cells"] if cell["cell_type"] == kind
    ]


def is_literal(statement):
    try:
        ast.literal_eval(ast.parse(statement).body[0].value)
    except (AttributeError, ValueError):
        return False
    return True


def statements(source):
    return [ast.get_source_segment(source, one) for one in ast.parse(source).body]


def test_it_has_the_same_pages_and_the_solved_ones_stay(edition):
    assert [path.name for path in sorted(edition.glob("*"))] == [path.name for path in PAGES]
    assert any("<details>" in text for path in PAGES for text in sources(path, "markdown"))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_outputs_and_answers_are_gone_and_all_else_is_there(edition, path):
    found, whole = edition / path.name, nbformat.read(path, as_version=4)
    notebook = nbformat.read(found, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    prose = "\n".join(sources(found, "markdown"))
    assert "<summary>Answer" not in prose
    assert prose.count("<details>") == prose.count("</details>") == prose.count(f"<summary>{RESULT}</summary>")
    for text in sources(path, "markdown"):
        assert all(line in prose for line in text.split("<details>")[0].splitlines() if line.strip())
    kept = "\n".join(cell.source for cell in code)
    assert all(part in kept for source in sources(path) for part in statements(source))
    folded = [cell for cell in code if cell.metadata.get("jupyter", {}).get("source_hidden")]
    hidden = "\n".join(cell.source for cell in folded)
    for cell in whole.cells:
        if cell.metadata.get("jupyter", {}).get("source_hidden"):
            asks = "mg.widgets.Exercise(" in cell.source
            parts = statements(cell.source)
            parts = [part for part in parts[:-1] if part.startswith("def ") or is_literal(part)] if asks else parts
            assert all(part in hidden for part in parts)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_what_came_out_is_folded_after_each_prediction(edition, path):
    cells = nbformat.read(edition / path.name, as_version=4).cells
    after = [cells[i + 1] for i, cell in enumerate(cells[:-1]) if ".reveal(" in cell.source]
    for cell in (one for one in after if one.cell_type == "markdown"):
        assert cell.source.startswith(("#", f"<details><summary>{RESULT}</summary>\n\n"))
        assert "\n#" not in cell.source.partition("</details>")[0], "a heading is no result"
    for before, cell in pairwise(cells):
        assert not ("mg.widgets.Predict(" in before.source and RESULT in cell.source), "nothing has come out yet"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_student_has_no_more_cells_than_the_limit_of_a_lesson(edition, path):
    cells = nbformat.read(edition / path.name, as_version=4).cells
    assert sum(cell.cell_type == "code" for cell in cells) <= max(25, len(sources(path)))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_what_checks_an_answer_has_a_name_that_nothing_else_on_the_page_has(path):
    """As it moves to a cell further up, where no answer is in sight."""
    exercises = [text for text in sources(path) if "mg.widgets.Exercise(" in text]
    moved = [one for text in exercises for one in ast.parse(text).body[:-1]]  # the last one asks
    checks = [getattr(one, "name", None) or one.targets[0].id for one in moved]
    of_page = ast.walk(ast.parse("\n".join(text for text in sources(path) if text not in exercises)))
    known = {getattr(one, "id", getattr(one, "name", None)) for one in of_page}
    assert len(set(checks)) == len(checks) and not known & set(checks)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_each_exercise_has_a_cell_in_sight_to_complete(edition, path):
    for cell in nbformat.read(edition / path.name, as_version=4).cells:
        if cell.cell_type == "code" and "mg.widgets.Exercise(" in cell.source:
            assert "# your code" in cell.source.lower(), cell.source
            assert not cell.metadata.get("jupyter", {}).get("source_hidden"), cell.source


def test_a_page_of_it_runs(edition, monkeypatch):
    monkeypatch.setenv("MEMGEN_FIGURES", os.devnull)
    notebook = nbformat.read(edition / "06_this_paper.ipynb", as_version=4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(edition)}}).execute()
