"""Draw the rooms of memgen_lite, what each is for and whom it imports, from the code itself, into CONTRIBUTING.md.

python tools/map.py           rewrites the drawing
python tools/map.py --check   and fails if it has drifted
"""

import ast
import sys
import tomllib
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE, PAGE = ROOT / "memgen_lite", ROOT / "CONTRIBUTING.md"
BEGIN, END = "<!-- drawn by tools/map.py -->\n", "<!-- end of the drawing -->\n"


def floors():
    """The rooms from the top floor down, a list for each floor, as import-linter holds them apart."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    (contract,) = settings["tool"]["importlinter"]["contracts"]
    layers = [[room.strip() for room in line.split("|")] for line in contract["layers"]]
    return [rooms for rooms in layers if all((PACKAGE / room).is_dir() for room in rooms)]  # the command is no room


def imports():
    """How many import statements lead from one room into another: (from, into) -> count."""
    found = Counter()
    for path in PACKAGE.rglob("*.py"):
        *folders, _ = path.relative_to(PACKAGE).parts
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if folders and isinstance(node, ast.ImportFrom) and node.level > len(folders):  # up to the package itself
                names = [node.module] if node.module else [alias.name for alias in node.names]
                found.update((folders[0], name.partition(".")[0]) for name in names)
    return found


def purpose(room):
    """What a room is for: the first line of its docstring."""
    return ast.get_docstring(ast.parse((PACKAGE / room / "__init__.py").read_text("utf-8"))).partition("\n")[0]


def drawing():
    """The map as a block of Markdown: the floors, each with its rooms, what they are for, and what they import from."""
    counts, house = imports(), floors()
    lines = []
    for floor in house:
        lines.append("-" * 100)
        for room in floor:
            below = [f"{other} {counts[room, other]}" for rooms in house for other in rooms if counts[room, other]]
            lines.append(f"{room:<12}{purpose(room)}")
            lines.append(f"{'':<12}imports {', '.join(below) or 'no room'}")
    return "\n".join(["```text", *lines, "```", ""])


def drawn(page):
    """A page with the drawing in its place."""
    before, _, rest = page.partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        raise ValueError(f"{PAGE.name} has no place for the map, between {BEGIN.strip()} and {END.strip()}")
    return f"{before}{BEGIN}{drawing()}{END}{after}"


def main():
    page = PAGE.read_text("utf-8")
    new = drawn(page)
    if "--check" not in sys.argv:
        PAGE.write_text(new, "utf-8", newline="\n")
    elif new != page:
        sys.exit(f"the map in {PAGE.name} has drifted from the imports: python tools/map.py")


if __name__ == "__main__":
    main()
