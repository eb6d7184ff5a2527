"""Write the student's edition of the notebooks: no outputs, no answers, and for each exercise a cell to complete.

What came out of a prediction is folded away below it, to be opened after it.

python tools/class_edition.py               into build/class; `make class` opens it afterwards
python tools/class_edition.py --output DIR  into another folder

Made from the solved edition in `notebooks/`, which stays as it is. Code that only draws, and the questions' own, is
folded there already.
"""

import argparse
import ast
import re
from itertools import takewhile
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
ANSWER = re.compile(r"<details>.*?</details>\s*", re.DOTALL)
STUB = "# your code"  # what a cell that the solved edition leaves to the reader says
RESULT = "What came out, once you have predicted it"
WORK = f"{STUB}: a place to work the answer out, before you give it below"


def is_folded(cell):
    return cell.cell_type == "code" and cell.metadata.get("jupyter", {}).get("source_hidden", False)


def takes_nothing(statement):
    """Whether it is a function, or gives a name to words or numbers: such can stand further up on the page."""
    if not isinstance(statement, ast.Assign):
        return isinstance(statement, ast.FunctionDef)
    try:
        ast.literal_eval(statement.value)
    except (ValueError, TypeError):
        return False
    return True


def opened(cell, cells):
    """An exercise's cell with room to work in sight; what checks the answer moves into the first folded cell.

    So an exercise is one cell, which is run again until the answer is right: a function to complete stands in it, too.
    The first is the cell that nobody leaves out.
    """
    checks = list(takewhile(takes_nothing, ast.parse(cell.source).body))
    room = WORK
    if "answer=" in cell.source:
        room = cells.pop().source
    first = next(one for one in cells if is_folded(one))
    lines, end = cell.source.splitlines(), checks[-1].end_lineno if checks else 0
    if checks:
        first.source = "\n".join([*lines[:end], "", "", first.source])
    asks = "\n".join(lines[end:]).strip()
    return nbformat.v4.new_code_cell(f"{room}\n\n\n{asks}", id=cell.id)


def told_later(text):
    """What is said of a result right after a prediction of it, folded up to the next heading."""
    said, heading, rest = text.partition("\n## ")
    return f"<details><summary>{RESULT}</summary>\n\n{said.strip()}\n\n</details>\n{heading}{rest}".strip()


def students(notebook):
    """The student's edition of a notebook."""
    cells, predicted = [], False
    for cell in notebook.cells:
        added = cell
        if cell.cell_type == "markdown":
            cell.source = ANSWER.sub("", cell.source).strip()
            if predicted and not cell.source.startswith("#"):
                cell.source = told_later(cell.source)
            predicted = False
        elif cell.cell_type == "code":
            predicted = ".reveal(" in cell.source or (predicted and "mg.widgets.Predict(" not in cell.source)
            cell.outputs, cell.execution_count = [], None
            if "mg.widgets.Exercise(" in cell.source:
                added = opened(cell, cells)
        if added.source:
            cells.append(added)
    notebook.cells = cells
    return notebook


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--output", type=Path, default=ROOT / "build" / "class", help="a folder, build/class by default"
    )
    folder = parser.parse_args().output.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.ipynb"):
        old.unlink()
    pages = sorted((ROOT / "notebooks").glob("*.ipynb"))
    for path in pages:
        text = nbformat.writes(students(nbformat.read(path, as_version=4))) + "\n"
        (folder / path.name).write_text(text, encoding="utf-8", newline="\n")
    print(f"{folder}: {len(pages)} pages without outputs and answers")


if __name__ == "__main__":
    main()
