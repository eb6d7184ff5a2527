"""`make dashboard`: the same notebooks on Voilà, with the code hidden."""

import json
import re
import sys
import time

import browsing
import pytest
from playwright.sync_api import expect

LESSONS = [path.stem for path in sorted((browsing.ROOT / "notebooks").glob("*.ipynb")) if "00" < path.stem[:2] < "90"]
LESSONS = LESSONS[::4]  # all ask alike, and JupyterLab opens each
KERNEL = "() => JSON.parse(document.getElementById('jupyter-config-data').textContent).kernelId"
# What a reader can see of the cells between a question and its answer.
SEEN_BETWEEN = """([question, answer]) => [...document.querySelectorAll('[cell-index]')].filter(cell =>
    question.compareDocumentPosition(cell) & Node.DOCUMENT_POSITION_FOLLOWING
    && answer.compareDocumentPosition(cell) & Node.DOCUMENT_POSITION_PRECEDING
    && !cell.contains(answer) && cell.getClientRects().length).map(cell => cell.innerText)"""


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory):
    port, folder = browsing.free_port(), tmp_path_factory.mktemp("dashboard")
    pages = f"--folder={browsing.fresh_copy(folder)}"
    command = [sys.executable, browsing.ROOT / "tools" / "dashboard.py", f"--port={port}", pages]
    running = browsing.Server(command, port, folder / "log")
    yield running
    running.stop()


@pytest.fixture
def tab(request, browser, dashboard, screenshots, record_property):
    tab, begin = browsing.Tab(browser, dashboard), time.monotonic()
    tab.page.goto(dashboard.address(f"voila/render/{request.param}.ipynb"))
    tab.page.get_by_role("heading", level=1).wait_for()
    record_property("latency", f"{request.param}: first content of its dashboard {time.monotonic() - begin:.2f}")
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
    explorer = tab.page.locator(browsing.EXPLORER)
    words = explorer.locator("[aria-live]").inner_text()
    explorer.locator(".noUi-handle").last.press("ArrowLeft")
    moved = "([box, words]) => box.querySelector('[aria-live]').innerText !== words"
    tab.page.wait_for_function(moved, arg=[explorer.element_handle(), words])


@pytest.mark.parametrize("tab", LESSONS, indirect=True)
def test_every_question_can_be_answered_before_its_result_is_seen_and_counts(request, tab):
    source = json.loads(
        (browsing.ROOT / "notebooks" / f"{request.node.callspec.params['tab']}.ipynb").read_text("utf-8")
    )
    asked = "".join("".join(cell["source"]) for cell in source["cells"]).count("mg.widgets.Predict(")
    score = tab.page.get_by_text("Predicted before the result: ")
    score.wait_for()  # the last cell has run
    questions = tab.page.locator("[class*=memgen-asks-]")
    expect(questions).to_have_count(asked, timeout=browsing.PATIENCE)  # a widget may come later than its cell ran
    assert score.inner_text().startswith(f"Predicted before the result: 0 of {asked}.")
    right = 0
    for made in range(asked):
        question = questions.first
        place = re.search(r"memgen-asks-(\d+)", question.get_attribute("class"))[1]
        answer = tab.page.locator(f".memgen-answers-{place}")
        both = [question.element_handle(), answer.element_handle()]
        assert "The answer comes here when you have predicted it." in answer.inner_text()
        assert "You said" not in answer.inner_html()
        assert tab.page.evaluate(SEEN_BETWEEN, both) == []
        if question.get_by_role("radio").count():
            question.get_by_role("radio").nth(made % 2).check()
        question.get_by_role("button", name="This is my prediction").click()
        answer.get_by_text("You said ").wait_for()
        right += answer.get_by_text("✓").count()
        assert answer.get_by_role("button").count() == 0
        said = f"Predicted before the result: {made + 1} of {asked}, {right} of them right."
        tab.page.get_by_text(said).wait_for()
    assert questions.count() == 0


@pytest.mark.parametrize("tab", ["06_this_paper"], indirect=True)
def test_who_leaves_a_page_frees_its_kernel_within_20_seconds_and_who_stays_keeps_it(tab, browser, dashboard):
    left = browsing.Tab(browser, dashboard)
    left.page.goto(tab.page.url)
    for page in (left.page, tab.page):
        page.get_by_text("Predicted before the result: 0 of 2.").wait_for()
    address = dashboard.address(f"api/kernels/{left.page.evaluate(KERNEL)}")
    assert tab.context.request.get(address).ok
    left.page.goto("about:blank")
    begin = time.monotonic()
    while tab.context.request.get(address).status != 404 and time.monotonic() - begin < 60:
        tab.page.wait_for_timeout(250)
    assert time.monotonic() - begin < 20
    left.context.close()
    # Nobody has touched this page for longer than the other kernel had to live.
    tab.page.get_by_role("radio").first.check()
    tab.page.get_by_role("button", name="This is my prediction").first.click()
    tab.page.get_by_text("Predicted before the result: 1 of 2").wait_for()
