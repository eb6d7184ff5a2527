"""All tests: the package with its coverage, then every notebook compared strictly, then the figures that they drew."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import environment

ROOT = Path(__file__).resolve().parent.parent
COVERAGE = 95  # per cent of lines of memgen_lite that the unit tests run


def run(title, *arguments):
    print(f"\n== {title}", flush=True)
    return subprocess.run([sys.executable, "-m", "pytest", *arguments], cwd=ROOT).returncode


def main():
    environment.apply()
    os.environ["SCIPY_ARRAY_API"] = "1"  # without it scikit-learn skips one of its checks of an estimator
    with tempfile.TemporaryDirectory() as drawn:
        os.environ["MEMGEN_FIGURES"] = drawn
        statuses = [
            run(
                "The package",
                "tests",
                "memgen_lite",
                "--ignore=tests/after_notebooks",
                "--cov=memgen_lite",
                "--cov-report=term:skip-covered",
                f"--cov-fail-under={COVERAGE}",
            ),
            run(
                "The notebooks, strictly, and the figures that they draw",
                "--nbval",
                "--nbval-current-env",
                "--nbval-sanitize-with=tests/nbval.cfg",
                "notebooks",
                "tests/after_notebooks",
            ),
        ]
    sys.exit(max(statuses))


if __name__ == "__main__":
    main()
