"""Run every benchmark, and write the tables of all of them into `benchmarks/README.md`.

python benchmarks/run.py             all
python benchmarks/run.py memory pi   some
"""

import json
import subprocess
import sys

from common import FOLDER, RECORDS, table

HEAD = """# Benchmarks

Written by `make bench`; not part of the tests. Each ratio is of two things measured in one run, turn by turn, the
shortest of several rounds. The notebooks draw these stored numbers, so that
executing a page twice gives the same bytes.
"""
SHARED = {"attacks", "common", "other_programs", "peers_in_pytorch", "promises", "run"}  # by the others
CHECKED = {"doors"}  # nothing is measured
# By `make simulate` and `make field`, in hours.
SIMULATED = {"field", "figure1", "memory_in_time", "power", "rivals", "sight", "simulation"}


def main():
    names = sys.argv[1:] or sorted({path.stem for path in FOLDER.glob("*.py")} - SHARED - CHECKED - SIMULATED)
    failed = [name for name in names if subprocess.run([sys.executable, FOLDER / f"{name}.py"]).returncode]
    write_readme()
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


def write_readme():
    """All stored tables as one page."""
    sections = [HEAD]
    for path in sorted(RECORDS.glob("*.json")):
        record = json.loads(path.read_text())
        measured = ", ".join(f"{key} {value}" for key, value in record["machine"].items())
        shown = record.get("summary", record["rows"])  # of many rows, what a reader wants of them
        sections.append(f"## {record['title']}\n\n`{path.stem}`: {measured}.\n\n{table(shown)}\n")
        more = record.get("tables", {})
        sections += [f"### {title}\n\n{table(rows)}\n" for title, rows in more.items()]
    (FOLDER / "README.md").write_text("\n".join(sections), encoding="utf-8")


if __name__ == "__main__":
    main()
