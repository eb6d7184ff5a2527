"""All tests: the package, every notebook strictly and the figures that they drew, and the pages.

With `--coverage` only those of the package, and which of its lines none of them runs. They are not counted otherwise,
because everything runs more slowly while somebody counts.

`MEMGEN_DRAWN=FOLDER` keeps the figures that the notebooks draw in a folder that is not there yet.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import environment

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "browser"))
import chromium  # noqa: E402

COVERAGE = 95  # per cent of lines of memgen_lite that the unit tests run
COMPILED_SOON = "--xla_cpu_use_fusion_emitters=false"  # networks that are trained for a few rounds are mostly compiled


def run(title, *arguments, **settings):
    print(f"\n== {title}", flush=True)
    command = [sys.executable, "-m", "pytest", "--durations=15", "--durations-min=5", *arguments]
    return subprocess.run(command, cwd=ROOT, env=os.environ | settings).returncode


def side_by_side():
    """Arguments that share the files of tests among the processors: a notebook is one file, with one kernel."""
    return ["-n", str(min(4, processors)), "--dist=loadfile"] if (processors := os.cpu_count() or 1) > 1 else []


def package(*more):
    return run(
        "The package",
        "tests",
        "memgen_lite",
        "--ignore=tests/notebooks/after",
        "--ignore=tests/browser",
        *more,
        *side_by_side(),
        "--no-loadscope-reorder",  # else files with few tests come last, and those take longest
        XLA_FLAGS=f"{os.environ['XLA_FLAGS']} {COMPILED_SOON}",
    )


COUNTED = ["--cov=memgen_lite", "--cov-report=term-missing:skip-covered", f"--cov-fail-under={COVERAGE}"]


def in_browser():
    """The status of the browser tests; where there is no browser they are skipped, unless `MEMGEN_BROWSER=required`."""
    if chromium.find():
        return run("The notebooks and the widgets in a browser", "tests/browser", *side_by_side())
    print(f"\n== {chromium.SKIPPED}", flush=True)
    return int(os.environ.get("MEMGEN_BROWSER") == "required")


def main():
    environment.apply()
    os.environ["TQDM_DISABLE"] = "1"  # as the stored pages were made
    os.environ["SCIPY_ARRAY_API"] = "1"  # without it scikit-learn skips one of its checks of an estimator
    with tempfile.TemporaryDirectory() as folder:
        drawn = Path(os.environ.get("MEMGEN_DRAWN") or Path(folder) / "figures").resolve()
        drawn.mkdir(parents=True)
        os.environ["MEMGEN_FIGURES"] = str(drawn)
        if sys.argv[1:] == ["--coverage"]:
            sys.exit(package(*COUNTED))
        statuses = [
            package(),
            run(
                "The notebooks, strictly",
                "--nbval",
                "--nbval-current-env",
                "--nbval-sanitize-with=tests/nbval.cfg",
                "notebooks",
                *side_by_side(),
            ),
            run("The figures that they drew, beside the stored ones", "tests/notebooks/after"),
            in_browser(),
        ]
    sys.exit(max(statuses))


if __name__ == "__main__":
    main()
