"""Make `.venv` with all that `requirements.txt` names: each package at its version, and this one in place.

Needs only Python 3.11 or later.

`.venv/ready` says that it is whole, where it stands and which Python it is of. It is taken away before anything is
done, and written when all is; an environment without it, or whose `ready` says something else, was interrupted, copied,
or is of another Python, and is made anew.
"""

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
READY = VENV / "ready"
UV = "uv==0.13.8"  # installs the pinned packages in seconds where pip takes minutes


def stamp():
    """What `ready` says, by lines, which the Makefile reads too: where the environment stands, and of which Python."""
    return f"{ROOT}\n{sys.version.split()[0]}\n"


def main():
    if sys.version_info < (3, 11):
        sys.exit(
            f"memgen_lite needs Python 3.11 or later, this is {sys.version.split()[0]}; try: make PYTHON=python3.12 ..."
        )
    try:
        import ensurepip  # noqa: F401 - only to see whether it is there
    except ImportError:
        sys.exit("This Python can't make virtual environments; on Debian and Ubuntu: sudo apt install python3-venv")
    print(f"Setting up .venv for Python {sys.version.split()[0]} (once, about half a minute)", flush=True)
    python = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not (READY.is_file() and READY.read_text("utf-8") == stamp()):
        shutil.rmtree(VENV, ignore_errors=True)
        venv.create(VENV, with_pip=True, clear=VENV.exists())
    READY.unlink(missing_ok=True)
    environment = {
        key: value for key, value in os.environ.items() if key not in ("PYTHONDONTWRITEBYTECODE", "VIRTUAL_ENV")
    }
    install = [python, "-m", "uv", "pip", "install", "--quiet", "--python", python]
    for command in (
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", UV],
        [*install, "--no-deps", "--requirement", ROOT / "requirements.txt"],
    ):
        if (status := subprocess.run(command, env=environment, cwd=ROOT).returncode) != 0:
            sys.exit(f"set-up failed at: {' '.join(map(str, command[1:]))} (exit status {status})")
    READY.write_text(stamp(), "utf-8")


if __name__ == "__main__":
    main()
