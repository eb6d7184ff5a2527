"""What `make help` says."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def test_help_names_every_command_and_fits_a_screen():
    make = ["make", "--no-print-directory", "help"]  # as it is when make itself runs the tests
    said = subprocess.run(make, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    commands = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)[1].split()
    assert [line.split()[1] for line in said] == [line for line in commands if line != "FORCE"]
    assert len(said) < 24 and max(map(len, said)) <= 80
