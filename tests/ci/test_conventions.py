"""What files say that other programs read: one version, the same pins everywhere, actions that may only read."""

import re
import subprocess
import tomllib
from pathlib import Path

import debian_python
import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PINS = dict(re.findall(r"^([\w.-]+)==([\w.]+)", (ROOT / "requirements.txt").read_text("utf-8"), re.MULTILINE))
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def read(name):
    return yaml.safe_load((ROOT / name).read_text("utf-8"))


def test_the_version_stands_in_one_place():
    assert "version" in PROJECT["project"]["dynamic"] and "version" not in read("CITATION.cff")
    (written,) = re.findall(r'^__version__ = "(.*)"$', (ROOT / "memgen_lite" / "__init__.py").read_text(), re.MULTILINE)
    places = [
        path for path in ROOT.glob("*.*") if path.is_file() and f'version = "{written}"' in path.read_text("utf-8")
    ]
    assert not places


def test_requirements_pin_all_that_the_project_asks_for_and_end_with_the_project():
    extras = PROJECT["project"]["optional-dependencies"]
    lines = [*PROJECT["project"]["dependencies"], *(line for extra in extras.values() for line in extra)]
    asked = {re.split(r"[^\w.-]", line)[0].lower() for line in lines}
    assert asked - {"memgen-lite", "memgen_lite"} <= set(PINS)
    assert (ROOT / "requirements.txt").read_text("utf-8").splitlines()[-1] == "--editable ."
    assert not {"rfc3987-syntax", "lark"} & set(PINS), "3.5 s in every process that reads a notebook"


def test_no_address_of_a_package_registry_is_written():
    names = ["requirements.txt", "pyproject.toml", "Makefile", ".pre-commit-config.yaml", ".devcontainer/Dockerfile"]
    assert not [
        name for name in names if re.search(r"index-url|find-links|https?://", (ROOT / name).read_text("utf-8"))
    ]


def test_the_hooks_before_a_commit_have_the_versions_of_the_pins():
    hooks = [hook for repo in read(".pre-commit-config.yaml")["repos"] for hook in repo["hooks"]]
    asked = [line.split("==") for hook in hooks for line in hook.get("additional_dependencies", [])]
    assert asked and all(PINS[name] == version for name, version in asked)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_may_only_read_unless_a_job_says_why(path):
    workflow = read(path)
    assert workflow["permissions"] == {"contents": "read"}
    assert all(job.get("timeout-minutes") for job in workflow["jobs"].values())


def test_the_workflow_tests_every_python_that_the_project_names():
    told = {line.rsplit(" ", 1)[1] for line in PROJECT["project"]["classifiers"] if re.search(r":: 3\.\d+$", line)}
    jobs = read(".github/workflows/ci.yml")["jobs"].values()
    tested = {version for job in jobs for version in job.get("strategy", {}).get("matrix", {}).get("python", [])}
    assert told == tested


def test_the_newest_python_that_the_project_names_is_the_one_that_installs_fetches_where_there_is_none():
    told = {line.rsplit(" ", 1)[1] for line in PROJECT["project"]["classifiers"] if re.search(r":: 3\.\d+$", line)}
    assert max(tuple(map(int, version.split("."))) for version in told) == debian_python.RELEASE


def test_the_container_runs_make_lab():
    dockerfile = (ROOT / ".devcontainer" / "Dockerfile").read_text("utf-8")
    assert '"make", "lab", "PORT=8888", "IP=0.0.0.0"' in dockerfile and "make .venv/ready" in dockerfile


def test_git_compares_notebooks_by_cells_and_hides_what_was_drawn():
    asked = ["git", "check-attr", "diff", "linguist-generated", "eol", "--", "notebooks/01.ipynb", "figures/a.svg"]
    said = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    told = dict(line.rsplit(": ", 1) for line in said.splitlines())
    assert told["notebooks/01.ipynb: diff"] == "jupyternotebook" and told["notebooks/01.ipynb: eol"] == "lf"
    assert told["figures/a.svg: diff"] == "unset" and told["figures/a.svg: linguist-generated"] == "set"
