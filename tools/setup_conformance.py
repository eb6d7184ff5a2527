"""Make `.venv-conformance`, with the programs that `make conformance` and `make bench` compare with.

By pip, whose own settings say where packages come from. All at once, and where that fails one by one, so that a program
that cannot be had on this machine leaves the others.
"""

import os
import subprocess
import sys
from pathlib import Path

import setup

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv-conformance"
PINS = ROOT / "benchmarks" / "conformance.txt"


def main():
    print("Setting up .venv-conformance (once, a minute or more; about 2 GB)", flush=True)
    python = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    setup.make_anew_unless_whole(VENV)
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}

    def install(*what):
        command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *what]
        return subprocess.run(command, env=environment, cwd=ROOT).returncode == 0

    if not install("--requirement", PINS):
        missing = [pin for pin in PINS.read_text().split() if not install("--constraint", PINS, pin)]
        print(f"not installed: {', '.join(missing) or 'nothing'}")
    if not install("--no-deps", "--editable", ROOT):
        sys.exit("set-up failed: the package itself could not be installed")
    setup.point_from_itself(VENV)
    (VENV / "ready").write_bytes(setup.stamp())


if __name__ == "__main__":
    main()
