"""`make dashboard`: the same notebooks on Voilà, with the code hidden."""

import sys

import browsing
import pytest


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory):
    port = browsing.free_port()
    command = [sys.executable, browsing.ROOT / "tools" / "dashboard.py", f"--port={port}"]
    running = browsing.Server(command, port, tmp_path_factory.mktemp("dashboard") / "log")
    yield running
    running.stop()


@pytest.fixture
def tab(request, browser, dashboard, screenshots):
    tab = browsing.Tab(browser, dashboard)
    tab.page.goto(dashboard.address(f"voila/render/{request.param}.ipynb"))
    tab.page.get_by_role("heading", level=1).wait_for()
    yield tab
    tab.page.screenshot(path=screenshots / f"{request.param}_dashboard.png", full_page=True)
    assert tab.page.locator(".jp-InputArea-editor, .jp-CodeCell .highlight").count() == 0
    assert "import memgen_lite" not in tab.page.locator("body").inner_text()
    assert (tab.left, tab.failed, tab.errors) == ([], [], [])
    tab.close()


@pytest.mark.parametrize("tab", ["00_start_here"], indirect=True)
def test_the_start_page_has_no_code_and_leads_to_the_others(tab, dashboard):
    links = tab.page.locator("table a").evaluate_all("links => links.map(link => link.href)")
    assert dashboard.address("voila/render/01_algorithm.ipynb").rstrip("?") in links


@pytest.mark.parametrize("tab", ["04_internet_cats"], indirect=True)
def test_a_page_has_its_explorer_and_no_code(tab):
    words = tab.page.locator(".widget-html [aria-live]").first  # the exercises have such lines too
    before = words.inner_text()
    tab.page.locator(".noUi-handle").last.press("ArrowLeft")
    moved = "before => document.querySelector('.widget-html [aria-live]')?.innerText !== before"
    tab.page.wait_for_function(moved, arg=before)
