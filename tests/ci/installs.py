"""Every usual way to install this project and to run its pages, each in an environment of its own.

python tests/ci/installs.py CLONE FOLDER [WAY ...]    by default all, two side by side

CLONE is a clone that nobody changed, and FOLDER an empty place for environments. CI runs it; a way that fails prints
what it said, and the exit status is 1.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path

import debian_python

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
import kernels

UV = [sys.executable, "-m", "uv"]
ROOMS = [
    f"tests/{room}"
    for room in ("auditing", "data", "display", "evaluation", "memory", "metrics", "paper", "peers", "shared")
]
EXECUTE = (
    "import sys, nbclient, nbformat; nbclient.NotebookClient(nbformat.read(sys.argv[1], 4), timeout=900).execute()"
)
EACH_WAY = "06_this_paper"  # the others take one way each, in turn


class Failed(Exception):
    """A way does not work, and why."""


class Way:
    """One way, tried in a clone of its own; `run` keeps what commands say for when one fails."""

    def __init__(self, name, clone, folder):
        self.clone, self.folder, self.venv = folder / "clone", folder, folder / "venv"
        folder.mkdir()
        self.run("git", "clone", "--quiet", clone, self.clone, cwd=folder)
        self.python = self.venv / ("Scripts" if os.name == "nt" else "bin") / "python"

    def run(self, *command, cwd=None, **settings):
        done = kernels.run(
            [str(word) for word in command],
            cwd=cwd or self.clone,
            env=os.environ | {"OMP_NUM_THREADS": "1", "TQDM_DISABLE": "1"} | settings,
            capture_output=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=None,
        )
        if done.returncode:
            raise Failed(
                f"{' '.join(map(str, command))} in {cwd or self.clone}: {done.returncode}\n{done.stdout[-6000:]}"
            )
        return done.stdout

    def nbval(self, python, page="06_this_paper"):
        """A page compared strictly with plain nbval."""
        self.run(*python, "-m", "pytest", "-q", "--nbval", f"notebooks/{page}.ipynb")

    def untouched(self):
        """Nothing was written into the repository."""
        if changed := self.run("git", "status", "--porcelain"):
            raise Failed(f"written into the repository:\n{changed}")


def requirements(way):
    """pip install -r requirements.txt brings the package, and only what is pinned."""
    way.run(sys.executable, "-m", "venv", way.venv)
    way.run(way.python, "-m", "pip", "install", "--quiet", "--no-compile", "-r", "requirements.txt")
    way.run(way.python, "-m", "pip", "check")
    pins = (way.clone / "requirements.txt").read_text("utf-8").splitlines()
    pinned = {re.split(r"[ ;]", line)[0] for line in pins if "==" in line}
    listed = way.run(way.python, "-m", "pip", "list", "--format=freeze")
    found = {line.lower().replace("_", "-") for line in listed.split()}
    ours = {line for line in found if line.startswith("memgen-lite==")}
    unpinned = {line for line in found - ours if not line.startswith(("pip==", "setuptools=="))} - pinned
    if unpinned or not ours:
        raise Failed(f"installed and not pinned: {sorted(unpinned)}; of {len(found)}")
    way.nbval([way.python])
    way.untouched()
    return f"{len(found)} packages"


def installed(way):
    """pip install ., not editable, as on Colab; then pages by nbclient, papermill and nbconvert, from two folders.

    Where a page has the parameter `quick` it is True: the same code in smaller sizes.
    """
    way.run(*UV, "venv", "--quiet", "--seed", "--python", sys.executable, way.venv)
    pins = [line for line in (way.clone / "requirements.txt").read_text("utf-8").splitlines() if "==" in line]
    (way.folder / "pins.txt").write_text("\n".join(pins), "utf-8")
    way.run(*UV, "pip", "install", "--quiet", "--python", way.python, "--no-deps", "-r", way.folder / "pins.txt")
    way.run(way.python, "-m", "pip", "install", "--quiet", ".[pictures,pi,neural,transport,notebooks]")
    here = way.folder / "elsewhere"  # no package stands beside the pages there
    shutil.copytree(way.clone / "notebooks", here / "notebooks")
    for page in (here / "notebooks").glob("*.ipynb"):  # `make figures` and the strict run are those at full size
        page.write_text(page.read_text("utf-8").replace('"quick = False', '"quick = True', 1), "utf-8")
    out = way.folder / "out"
    out.mkdir()
    run = [way.python, "-m"]
    tools = {
        "nbclient": lambda page: [way.python, "-c", EXECUTE, page],
        "papermill": lambda page: [*run, "papermill", page, out / f"papermill_{page.name}"],
        "nbconvert": lambda page: [*run, "nbconvert", "--to=html", "--execute", page, f"--output-dir={out}"],
    }
    ways = [(tool, folder) for tool in tools for folder in (here, here / "notebooks")]
    quickly = {  # most of a quick run is compiling
        "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",
        "JAX_COMPILATION_CACHE_DIR": str(way.folder / "jax"),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    }
    turns, took = cycle(ways), []
    for page in sorted((here / "notebooks").glob("*.ipynb")):
        for tool, folder in ways if page.stem == EACH_WAY else [next(turns)]:
            start = time.monotonic()
            way.run(*tools[tool](page.relative_to(folder)), cwd=folder, **quickly)
            took.append(
                f"  {page.stem[:2]} by {tool:9} from {'notebooks/' if folder.name == 'notebooks' else 'its parent':10}"
                f" {time.monotonic() - start:4.0f} s"
            )
    page = Path("notebooks", "06_this_paper.ipynb")
    for tool in ("nbclient", "papermill"):
        way.run(*tools[tool](page))
    way.untouched()
    return "\n".join([f"{len(took)} runs", *took])


def sync(way):
    """uv sync, with what there was on the day of the pins; then a page, and tests."""
    day = way.run("git", "log", "-1", "--format=%cI", "--", "requirements.txt").strip()
    newest = datetime.fromisoformat(day).astimezone(UTC).isoformat()
    way.run(*UV, "sync", "--quiet", "--python", sys.executable, UV_EXCLUDE_NEWER=newest)
    python = [*UV, "run", "--no-sync", "--", "python"]
    way.nbval(python)
    way.run(*python, "-m", "pytest", "-q", "tests/test_package.py")
    if addresses := re.findall(
        r"https?://(?!pypi\.org/|files\.pythonhosted\.org/)[^/\"]+", (way.clone / "uv.lock").read_text()
    ):
        print(f"  uv asked {sorted(set(addresses))}")
    way.untouched()
    return f"as of {day}"


def newer():
    """The newest Python on this machine, and its version: on the PATH, or kept by pyenv; else None and this one's."""
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions").glob("3.*/bin/python3")
    named = filter(None, (shutil.which(f"python3.{minor}") for minor in range(sys.version_info.minor + 1, 30)))
    found = {}
    for python in map(str, (*named, *kept)):
        asked = subprocess.run(
            [python, "-c", "import sys, venv; print(*sys.version_info[:3])"], capture_output=True, text=True
        )
        if asked.returncode == 0:
            found[tuple(map(int, asked.stdout.split()))] = python
    newest = max(found, default=(0,))
    return (found[newest], newest) if newest[:2] > sys.version_info[:2] else (None, sys.version_info[:3])


def newest(way):
    """The package's own tests on the newest Python there is: this machine's, or Debian's where that is newer.

    All but the simulations and what single networks learn: `make test` has those. XLA's programs are made without most
    of its optimizations: compiling takes longer than running.
    """
    (python, version), why = newer(), ""
    if version[:2] < debian_python.RELEASE:
        try:
            python = debian_python.unpacked(way.folder / "debian")
        except debian_python.Missing as error:
            why = f"; Debian's {debian_python.NAME} can't be had: {error}"
    if not python:
        return f"no Python newer than {sys.version.split()[0]} on this machine{why}"
    way.run(*UV, "venv", "--quiet", "--python", python, way.venv)
    way.run(*UV, "pip", "install", "--quiet", "--python", way.python, "--no-deps", "-r", "requirements.txt")
    tests = [*ROOMS, *sorted(way.clone.glob("tests/test_*.py"))]
    by_two = ["-q", "-n", "2", "--dist=loadfile", "-m", "not simulation and not training", *tests]
    said = way.run(way.python, "-m", "pytest", *by_two, JAX_DISABLE_MOST_OPTIMIZATIONS="true")
    way.nbval([way.python])
    way.untouched()
    return f"{way.run(way.python, '--version').strip()}: {said.strip().splitlines()[-1]}{why}"


WAYS = {"installed": installed, "newest": newest, "requirements": requirements, "sync": sync}


def tried(name, clone, folder):
    start = time.monotonic()
    try:
        said, failed = WAYS[name](Way(name, clone, folder / name)), False
    except Failed as error:
        said, failed = f"FAILED {error}", True
    print(f"{name}: {WAYS[name].__doc__.splitlines()[0]}\n  {time.monotonic() - start:.0f} s, {said}", flush=True)
    return failed


def main():
    clone, folder, *names = sys.argv[1:]
    with ThreadPoolExecutor(2) as pool:
        failed = list(pool.map(lambda name: tried(name, Path(clone).resolve(), Path(folder).resolve()), names or WAYS))
    print(f"{len(failed) - sum(failed)} passed, {sum(failed)} failed")
    sys.exit(any(failed))


if __name__ == "__main__":
    main()
