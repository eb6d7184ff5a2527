"""The page on dependencies names each of them once, with a reason."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_each_dependency_has_a_reason_and_no_other_is_named():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    lists = {"": project["project"]["dependencies"], **project["project"]["optional-dependencies"]}
    wanted = {(extra, re.split(r"[^\w.-]", line)[0]) for extra, lines in lists.items() for line in lines}
    found, extra = [], ""
    for name, reason in re.findall(
        r"^\| (.+?) \| (.*?) ?\|$", (ROOT / "docs/dependencies.md").read_text("utf-8"), re.M
    ):
        if name.startswith("**"):
            extra = (re.findall("`(.+)`", name) or ["to build"])[0]
        elif name not in ("package", "---"):
            assert reason
            found += [(extra, one) for one in name.split(", ")]
    build = {("to build", "hatchling"), ("to build", "uv"), ("to build", "hatch-fancy-pypi-readme")}
    assert sorted(found) == sorted(wanted | build)
