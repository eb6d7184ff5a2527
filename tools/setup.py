"""Make `.venv` with all that `requirements.txt` names: each package at its version, and this one in place.

Needs only Python 3.11 or later, and the network for what is not there yet and not in the installer's cache.

`.venv/ready` says that it is whole, where it stands and which Python it is of. It is taken away before anything is
done, and written when all is; an environment without it, or whose `ready` says something else, was interrupted, copied,
or is of another Python, and is made anew.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
READY = VENV / "ready"
UV = "uv==0.13.8"  # installs the pinned packages in seconds where pip takes minutes
# Matplotlib's search for fonts, done once, warns where it takes long: here, and not within a page.
FONTS = "import environment; environment.apply(); import matplotlib.font_manager"


def stamp():
    """What `ready` says, by lines, which the Makefile reads too: where the environment stands, and of which Python."""
    return os.fsencode(f"{ROOT}\n{sys.version.split()[0]}\n")


def make_anew_unless_whole(folder):
    """An empty environment with pip, unless one is there that was finished here; either way it is not ready now."""
    ready = folder / "ready"
    whole = ready.is_file() and ready.read_bytes() == stamp()
    ready.unlink(missing_ok=True)  # before all else: half removed is not ready either
    if not whole:
        shutil.rmtree(folder, ignore_errors=True)
        venv.create(folder, with_pip=True, clear=folder.exists())


def can_write(folder):
    """Whether files can be written there, once the folder is made."""
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b" " * 2**20)
    except OSError:
        return False
    return True


def point_from_itself(folder):
    """Let the file that finds this package say where, as seen from itself.

    Python below 3.13 reads it in the locale's encoding, so that other letters than those of ASCII in the path of the
    checkout would keep it from starting.
    """
    for file in Path(sysconfig.get_path("purelib", "venv", {"base": str(folder)})).glob("*.pth"):
        if file.read_bytes().strip() == os.fsencode(ROOT):
            file.write_text(os.path.relpath(ROOT, file.parent) + "\n", "ascii")


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
    make_anew_unless_whole(VENV)
    environment = {
        key: value for key, value in os.environ.items() if key not in ("PYTHONDONTWRITEBYTECODE", "VIRTUAL_ENV")
    }

    def run(*command, cwd=ROOT, **options):
        return subprocess.run([*map(str, command)], env=environment, cwd=cwd, **options)

    uv = [python, "-m", "uv"]
    if run(python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", UV).returncode != 0:
        if not (elsewhere := shutil.which("uv")):
            sys.exit(f"set-up failed: pip could not get the installer, {UV}; it needs the network, or a uv on the PATH")
        uv = [elsewhere]
    install = [*uv, "pip", "install", "--quiet", "--python", python, "--no-deps", "--requirement", "requirements.txt"]
    # Without a home that can be written to there is no cache; without the network nothing but it.
    cache = os.fsdecode(run(*uv, "cache", "dir", capture_output=True).stdout.strip())
    status = run(*install, *([] if can_write(cache) else ["--no-cache"])).returncode
    if status != 0 and can_write(cache):
        print("Once more, with what is in the installer's cache and without the network:", flush=True)
        status = run(*install, "--offline").returncode
    if status != 0:
        sys.exit(f"set-up failed: uv could not install requirements.txt (exit status {status}), and says above why")
    point_from_itself(VENV)
    if (status := run(python, "-c", FONTS, cwd=ROOT / "tools").returncode) != 0:
        sys.exit(f"set-up failed: what was installed does not start (exit status {status})")
    READY.write_bytes(stamp())


if __name__ == "__main__":
    main()
