"""The site that runs in the reader's browser alone: pages run whole, and nothing is asked of another machine.

Pyodide comes from a wheel that has all of it, so that no network is needed; where that wheel can't be had, the tests
are skipped, and say so.
"""

import re
import subprocess
import sys

import browsing
import pytest

PAGES = ("00_start_here", "01_algorithm", "06_this_paper", "13_is_your_model_copying")


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """A server of the built site."""
    folder = tmp_path_factory.mktemp("lite")
    command = [sys.executable, browsing.ROOT / "tools" / "lite.py", "--bundled", "--output", folder / "site"]
    built = subprocess.run(command, capture_output=True, text=True)
    if built.returncode == 3:
        pytest.skip(built.stdout.strip())
    assert built.returncode == 0, built.stdout + built.stderr
    port = browsing.free_port()
    serve = [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1", "--directory", folder / "site"]
    server = browsing.Server(serve, port, folder / "server.log")
    yield server
    server.stop()


@pytest.fixture(scope="module", params=PAGES)
def page(request, browser, site):
    """A page of the site, after *Run All*."""
    tab = browsing.Tab(browser, site)
    tab.name = f"{request.param}.ipynb"
    tab.page.goto(site.address("lab/index.html", f"path={tab.name}"))
    tab.page.wait_for_function(browsing.READY, arg=tab.name)
    tab.cells = tab.start().finish()
    yield tab
    tab.close()


def test_it_runs_whole(page):
    outputs = [output for cell in page.cells for output in cell["outputs"]]
    assert [output for output in outputs if output["output_type"] == "error" or output.get("name") == "stderr"] == []
    assert [cell["count"] for cell in page.cells] == list(range(1, len(page.cells) + 1))
    assert outputs


def test_no_request_leaves_the_machine(page):
    assert page.left == []


def test_a_prediction_is_answered_in_the_page(page):
    asked = page.page.locator("[class*=memgen-asks-]")
    if not asked.count():
        assert page.name in ("00_start_here.ipynb", "06_this_paper.ipynb")
        return
    question = asked.first
    number = re.search(r"memgen-asks-(\d+)", question.get_attribute("class"))[1]
    answer = page.page.locator(f".memgen-answers-{number}").first
    before = answer.inner_text()
    question.locator("input[type=radio], .noUi-handle").first.press("Space")
    question.locator("button").last.click()
    page.page.wait_for_function("([node, before]) => node.innerText !== before", arg=[answer.element_handle(), before])
    assert re.search("You said|right", answer.inner_text())
