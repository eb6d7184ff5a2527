"""A browser and a JupyterLab for each process of tests; `tools/run_tests.py` runs them where there is a Chromium."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
import browsing
import chromium
import environment

FOUND = chromium.find()
collect_ignore_glob = [] if FOUND else ["test_*.py"]  # the header says so


def pytest_report_header(config):
    return f"browser: {FOUND}" if FOUND else chromium.SKIPPED


def group(nodeid):
    """What one process takes whole: an open notebook's tests, those of the dashboard's server or of the site, or one"""
    file, _, test = nodeid.partition("::")
    match Path(file).name:
        case "test_notebooks.py":
            return f"{file}::{test.partition('[')[2].partition('-')[0].rstrip(']')}"
        case "test_dashboard.py" | "test_lite.py":
            return file
    return nodeid


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Share out groups. (pytest-xdist's own `loadgroup` does not group under pytest 9.2: it renames tests in vain.)"""
    from xdist.scheduler import LoadScopeScheduling

    scheduler = LoadScopeScheduling(config, log)
    scheduler._split_scope = group
    return scheduler


@pytest.fixture(scope="session")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=FOUND, args=browsing.ARGUMENTS)
        yield running
        running.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    environment.apply()
    folder = tmp_path_factory.mktemp("jupyter")
    running = browsing.Lab(browsing.fresh_copy(folder / "project"), folder)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def screenshots():
    """Where pictures of the pages are kept for a person to look at; git ignores it."""
    folder = browsing.ROOT / "build" / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def pytest_terminal_summary(terminalreporter):
    """Print how long the words took to follow the hand; no test asserts a time."""
    passed = terminalreporter.getreports("passed")
    latencies = [words for report in passed for name, words in report.user_properties if name == "latency"]
    if latencies:
        terminalreporter.section("from the hand to the words, seconds")
        for line in sorted(latencies):
            terminalreporter.line(line)
