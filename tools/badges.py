"""Put badges that open it in Colab and Binder, and a set-up cell for Colab, into every notebook; then `make figures`.

python tools/badges.py                        for the repository that git's `origin` is, where that is on GitHub
python tools/badges.py OWNER/REPO [BRANCH]    for this one
python tools/badges.py --check                and fail if a notebook would change

Without an address of the repository there is nothing that a badge could lead to, so nothing is written.
"""

import argparse
import base64
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import nbformat

ROOT = Path(__file__).resolve().parent.parent
MARK = "memgen-badges"
SETUP = """# Only on Colab, and once: get the project, which Binder and a computer of your own have already.
import importlib.util, os, subprocess, sys

if "google.colab" in sys.modules and not importlib.util.find_spec("memgen_lite"):
    clone = ["git", "clone", "--depth=1", "--branch={branch}", "https://github.com/{repository}", "memgen"]
    subprocess.run(clone, check=True)
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "./memgen[pictures,pi,neural]"], check=True)
    importlib.invalidate_caches()
    os.chdir("memgen/notebooks")"""


def origin():
    """OWNER/REPO of git's origin where that is on GitHub, else None."""
    asked = ["git", "-C", ROOT, "remote", "get-url", "origin"]
    address = subprocess.run(asked, capture_output=True, text=True).stdout.strip()
    found = re.fullmatch(r"(?:https://github\.com/|git@github\.com:)([\w.-]+/[\w.-]+?)(?:\.git)?/?", address)
    return found and found[1]


def badge(name):
    """A badge as SVG. It is stored in the notebook, which asks no other machine for pictures."""
    parts = [("#555555", 0, 58, "Open in"), ("#0072B2", 58, 56, name)]
    boxes = "".join(
        f'<rect x="{x}" width="{width}" height="20" fill="{color}"/>'
        f'<text x="{x + width / 2:g}" y="14" fill="#FFFFFF" text-anchor="middle">{text}</text>'
        for color, x, width, text in parts
    )
    font = 'font-family="DejaVu Sans,Verdana,sans-serif" font-size="11"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" width="114" height="20" {font}>{boxes}</svg>'


def line(name, repository, branch):
    """The two badges of a notebook, as a line of Markdown."""
    path = f"notebooks/{name}"
    colab = f"https://colab.research.google.com/github/{repository}/blob/{quote(branch)}/{path}"
    binder = f"https://mybinder.org/v2/gh/{repository}/{quote(branch, safe='')}?labpath={quote(path, safe='')}"
    pictures = {"Colab": colab, "Binder": binder}
    badges = [f"[![Open in {where}](attachment:{where.lower()}.svg)]({to})" for where, to in pictures.items()]
    return f"{' '.join(badges)} <!-- {MARK} -->"


def equip(notebook, name, repository, branch):
    """Write the badges below the title, and the set-up cell before the first code cell, in place of older ones."""
    first = notebook.cells[0]
    title, *rest = [text for text in first.source.split("\n") if MARK not in text]
    first.source = "\n\n".join([title, line(name, repository, branch), "\n".join(rest).strip("\n")])
    drawn = {where: base64.b64encode(badge(where).encode()).decode() for where in ("Colab", "Binder")}
    first["attachments"] = {f"{where.lower()}.svg": {"image/svg+xml": code} for where, code in drawn.items()}
    source = SETUP.format(repository=repository, branch=branch)
    if any(MARK in cell.metadata.get("tags", []) and cell.source == source for cell in notebook.cells):
        return
    notebook.cells = [cell for cell in notebook.cells if MARK not in cell.metadata.get("tags", [])]
    cell = nbformat.v4.new_code_cell(source, id=MARK, metadata={"tags": [MARK], "jupyter": {"source_hidden": True}})
    place = next(i for i, one in enumerate(notebook.cells) if one.cell_type == "code")
    notebook.cells.insert(place, cell)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repository", nargs="?", help="OWNER/REPO on GitHub", default=origin())
    parser.add_argument("branch", nargs="?", default="main")
    parser.add_argument("--folder", type=Path, default=ROOT / "notebooks", help="where the notebooks are")
    parser.add_argument(
        "--check", action="store_true", help="write nothing, and exit with 1 if a notebook would change"
    )
    options = parser.parse_args()
    if options.repository is None:
        print("No address: origin is not on GitHub, and none was given. The notebooks stay as they are.")
        return
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", options.repository):
        parser.error(f"repository must be OWNER/REPO, got {options.repository!r}")
    changed = []
    for path in sorted(options.folder.glob("*.ipynb")):
        before = path.read_text("utf-8")
        notebook = nbformat.reads(before, as_version=4)
        equip(notebook, path.name, options.repository, options.branch)
        after = nbformat.writes(notebook) + "\n"
        if after != before:
            changed.append(path.name)
            if not options.check:
                path.write_text(after, "utf-8", newline="\n")
    print(f"{len(changed)} notebooks {'would change' if options.check else 'changed'}: {', '.join(changed) or 'none'}")
    if options.check and changed:
        sys.exit(1)


if __name__ == "__main__":
    main()
