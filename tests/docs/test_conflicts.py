"""What a merge leaves behind where two changes met."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MARK = re.compile(rb"^(<{7} |>{7} |\|{7} |={7}$)", re.MULTILINE)


def test_no_file_of_the_project_holds_both_sides_of_a_conflict():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, stdout=subprocess.PIPE, check=True).stdout
    files = [ROOT / name for name in listed.decode().split("\0") if name]
    assert len(files) > 100
    assert [str(path.relative_to(ROOT)) for path in files if path.is_file() and MARK.search(path.read_bytes())] == []
    assert MARK.search(b"a\n<<<<<<< HEAD\nb\n")
