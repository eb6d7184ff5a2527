"""Open JupyterLab on the page that leads through the notebooks."""

import subprocess
import sys
from pathlib import Path

import environment

ROOT = Path(__file__).resolve().parent.parent


def main():
    environment.apply()
    command = [sys.executable, "-m", "jupyterlab", "--ServerApp.root_dir", ROOT / "notebooks"]
    try:
        sys.exit(subprocess.run([*command, "--LabApp.default_url=/lab/tree/00_start_here.ipynb", *sys.argv[1:]]).returncode)
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
