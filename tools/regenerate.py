"""Execute the notebooks from clean kernels, in place, and say what changed.

python tools/regenerate.py              all of them
python tools/regenerate.py 01 04        those whose names start so
python tools/regenerate.py --check      and fail if anything changed
"""

import argparse
import hashlib
import os
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import environment  # noqa: E402 - first of all, because threads are counted when NumPy loads

environment.apply()
os.environ["TQDM_DISABLE"] = "1"  # whether a bar comes up depends on the machine
os.environ["MEMGEN_FIGURES"] = str(ROOT / "figures")  # a page that is run in another way writes none there

import nbformat  # noqa: E402
from nbclient import NotebookClient  # noqa: E402
from nbclient.exceptions import CellExecutionError  # noqa: E402
from tqdm import tqdm  # noqa: E402

METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def normalize(notebook):
    """Leave in a notebook only what an equal run writes again: no times, no widget state, ids from content."""
    seen = {}
    for cell in notebook.cells:
        cell.source = cell.source.strip("\n")
        digest = hashlib.sha256(cell.source.encode()).hexdigest()[:8]
        seen[digest] = seen.get(digest, 0) + 1
        cell.id = digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"
        cell.metadata = {key: value for key, value in cell.metadata.items() if key in ("tags", "jupyter")}
        for output in cell.get("outputs", []):
            output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)
            output.pop("transient", None)
            if "metadata" in output:
                output.metadata = {}
    notebook.metadata = dict(METADATA)
    return notebook


def execute(path, progress):
    """Run one notebook on a new kernel in its own folder and write it back; a failing notebook is left as it was."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells = [cell for cell in notebook.cells if cell.source.strip()]
    client = NotebookClient(
        notebook,
        timeout=600,
        kernel_name="python3",
        resources={"metadata": {"path": str(path.parent)}},
        record_timing=False,
        coalesce_streams=True,  # else one print is stored in as many pieces as it happened to arrive in
        extra_arguments=["--IPKernelApp.log_level=40"],  # no warning about loopback TCP from every kernel
        on_cell_executed=lambda **_: progress.update(),
    )
    client.execute()
    text = nbformat.writes(normalize(notebook)) + "\n"
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_text(text, encoding="utf-8", newline="\n")
    os.replace(temporary, path)


def fingerprints():
    places = [*sorted((ROOT / "figures").glob("[a-z]*.*")), *sorted((ROOT / "notebooks").glob("*.ipynb"))]
    return {path.relative_to(ROOT).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in places}


def report(before, after, took):
    """Print what a run did to the figures and the stored outputs; the return value says whether anything changed."""
    changes = [("new", sorted(after.keys() - before.keys())), ("gone", sorted(before.keys() - after.keys()))]
    changes.append(("changed", sorted(name for name in before.keys() & after.keys() if before[name] != after[name])))
    for word, names in changes:
        for name in names:
            print(f"  {word:8} {name}")
    total = sum(len(names) for _, names in changes)
    figures = sum(name.endswith(".json") for name in after)
    verdict = f"{total} files differ from before" if total else "every byte as before"
    print(
        f"{figures} figures and {sum(name.endswith('.ipynb') for name in after)} notebooks in {took:.0f} s: {verdict}."
    )
    return bool(total)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("prefixes", nargs="*", help="only the notebooks whose names start with one of these")
    parser.add_argument("--check", action="store_true", help="exit with 1 if a figure or a stored output changed")
    arguments = parser.parse_args()
    wanted = tuple(arguments.prefixes) or ("",)
    paths = [path for path in sorted((ROOT / "notebooks").glob("*.ipynb")) if path.name.startswith(wanted)]
    if not paths:
        parser.error(f"no notebook starts with any of {arguments.prefixes}")
    before, start, failed = fingerprints(), time.monotonic(), []
    cells = sum(
        len([1 for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]) for path in paths
    )
    with tqdm(total=cells, unit="cell", desc=f"{len(paths)} notebooks") as progress, ThreadPoolExecutor(2) as pool:
        for path, done in [(path, pool.submit(execute, path, progress)) for path in paths]:
            try:
                done.result()
            except CellExecutionError as error:
                failed.append(path.name)
                tqdm.write(
                    f"\n{path.name} failed and was left as it was:\n{re.sub(chr(27) + r'[[][0-9;]*m', '', str(error))}"
                )
    changed = report(before, fingerprints(), time.monotonic() - start)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")
    if arguments.check and changed:
        sys.exit("figures or stored outputs changed")


if __name__ == "__main__":
    main()
