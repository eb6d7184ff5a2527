"""Open JupyterLab on the page that leads through the notebooks."""

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import environment

ROOT = Path(__file__).resolve().parent.parent


def main():
    environment.apply()
    command = [sys.executable, "-m", "jupyterlab", "--ServerApp.root_dir", ROOT / "notebooks"]
    with suppress(KeyboardInterrupt):
        page = "--LabApp.default_url=/lab/tree/00_start_here.ipynb"
        sys.exit(subprocess.run([*command, page, *sys.argv[1:]]).returncode)


if __name__ == "__main__":
    main()
