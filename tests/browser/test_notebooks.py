"""Every notebook in JupyterLab as a reader meets it: opened, *Run All*, then looked at, moved and measured."""

import json
import re
import time

import browsing
import pytest
from axe_playwright_python.sync_playwright import Axe

NOTEBOOKS = sorted((browsing.ROOT / "notebooks").glob("*.ipynb"))
VIEW = "application/vnd.jupyter.widget-view+json"
OURS = [
    ".widget-html-content",
    ".jp-RenderedHTMLCommon",
]  # what our code writes; all else is JupyterLab's or ipywidgets'

# Children of one box that lie on one another, and what sticks out of its cell, in words.
OVERLAPS = """() => {
    const name = node => `${node.className || node.tagName} "${(node.alt || node.innerText).slice(0, 30)}"`;
    const seen = node => node.getClientRects().length && getComputedStyle(node).visibility !== 'hidden';
    const found = [];
    for (const cell of document.querySelectorAll('.jp-OutputArea-output')) {
        const around = cell.getBoundingClientRect();
        for (const node of cell.querySelectorAll('.jupyter-widgets, img')) {
            const {left, right} = node.getBoundingClientRect();
            const inside = left > around.left - 1 && right < around.right + 1;
            if (seen(node) && !inside) found.push(`${name(node)} sticks out`);
        }
        for (const box of cell.querySelectorAll('.widget-box, .widget-inline-hbox')) {
            const children = [...box.children].filter(seen);
            const places = children.map(node => node.getBoundingClientRect());
            places.forEach((a, i) => places.slice(i + 1).forEach((b, j) => {
                const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
                const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
                if (wide > 1 && high > 1) found.push(`${name(children[i])} lies on ${name(children[i + 1 + j])}`);
            }));
        }
    }
    return found;
}"""


@pytest.fixture(scope="session")
def lab(browser, server):
    """One page for all notebooks of a process, as loading JupyterLab takes as long as many a notebook."""
    tab = browsing.Tab(browser, server)
    yield tab
    tab.close()


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request, lab):
    lab.open(request.param.name).start()
    lab.name, lab.cells = request.param.stem, lab.finish()
    lab.source = json.loads(request.param.read_text("utf-8"))["cells"]
    yield lab
    lab.leave()


def test_run_all_reaches_the_end_without_an_error(notebook):
    outputs = [output for cell in notebook.cells for output in cell["outputs"]]
    assert [output for output in outputs if output["output_type"] == "error" or output.get("name") == "stderr"] == []
    assert [cell["count"] for cell in notebook.cells] == list(range(1, len(notebook.cells) + 1))


def test_its_headings_are_on_the_page(notebook):
    prose = "\n".join("".join(cell["source"]) for cell in notebook.source if cell["cell_type"] == "markdown")
    prose = re.sub(r"^```.*?^```", "", prose, flags=re.MULTILINE | re.DOTALL)
    written = len(re.findall(r"^#{1,6} ", prose, re.MULTILINE))
    shown = notebook.page.locator(".jp-MarkdownOutput :is(h1, h2, h3, h4, h5, h6)")
    assert shown.count() == written > 0
    title = re.match(r"# (.*)", prose)[1]
    assert re.sub(r"\W", "", shown.first.inner_text()) == re.sub(r"\W", "", title)


def test_every_widget_and_every_picture_is_drawn(notebook):
    views = sum(VIEW in output.get("data", {}) for cell in notebook.cells for output in cell["outputs"])
    roots = notebook.page.locator(".jp-OutputArea-output.jupyter-widgets, .jp-OutputArea-output > .jupyter-widgets")
    shown = notebook.page.locator(".jp-OutputArea-output .widget-subarea, .jp-OutputArea-output.widget-subarea").count()
    assert max(roots.count(), shown) >= views
    for root in roots.all():
        assert root.bounding_box()["height"] > 10
    blank = "images => images.filter(image => !image.complete || !image.naturalWidth).map(image => image.alt)"
    assert notebook.page.locator(".jp-OutputArea-output img").evaluate_all(blank) == []


def test_every_control_of_every_explorer_moves_the_words_and_the_picture(notebook, record_property):
    for explorer in notebook.page.locator(browsing.EXPLORER).all():
        words, box = explorer.locator("[aria-live]"), explorer.element_handle()
        for control in explorer.locator("> *").all()[:-2]:
            if control.locator("option").count() == 1:
                continue  # a quick page may have a single seed, and nothing to choose
            before, begin = words.inner_text(), time.monotonic()
            move(control)
            told = "([box, words]) => box.querySelector('[aria-live]').innerText !== words"
            notebook.page.wait_for_function(told, arg=[box, before])
            took = time.monotonic() - begin
            shown = "box => box.querySelector('img').alt === box.querySelector('[aria-live]').innerText"
            notebook.page.wait_for_function(shown, arg=box)
            record_property("latency", f"{notebook.name}: {control.inner_text().splitlines()[0]:<32} {took:.2f}")


def move(control):
    """Change a control as a hand would: a key on a slider, a choice from a list, a tick, a word typed."""
    handle, choices, tick, field = (
        control.locator(kind) for kind in (".noUi-handle", "select", "input[type=checkbox]", "input[type=text]")
    )
    if handle.count():
        last = handle.first.get_attribute("aria-valuenow") == handle.first.get_attribute("aria-valuemax")
        handle.first.press("ArrowLeft" if last else "ArrowRight")
    elif choices.count():
        choices.select_option(index=1 if choices.evaluate("node => node.selectedIndex") == 0 else 0)
    elif tick.count():
        tick.click()
    else:
        field.fill("2718" if field.input_value().isdecimal() else "browser")
        field.press("Enter")


@pytest.mark.parametrize(("theme", "width"), [("Light", 1280), ("Dark", 800)])  # a theme moves nothing: it has colors
def test_nothing_overlaps_in_either_theme_wide_or_narrow(notebook, theme, width, screenshots):
    notebook.show(theme, width)
    assert notebook.page.evaluate(OVERLAPS) == []
    notebook.photograph(screenshots / f"{notebook.name}_{theme.lower()}_{width}.jpg")


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_our_markup_has_no_serious_violation_of_accessibility(notebook, theme):
    notebook.show(theme, 1280)
    ours = [[selector] for selector in OURS if notebook.page.locator(selector).count()]
    found = Axe().run(notebook.page, {"include": ours} if ours else None).response["violations"]
    serious = [rule for rule in found if rule["impact"] in ("serious", "critical")]
    assert [(rule["id"], node["html"][:200]) for rule in serious for node in rule["nodes"]] == []


def test_no_console_error_no_failed_request_and_none_that_leaves_the_machine(notebook):
    assert (notebook.errors, notebook.failed, notebook.left) == ([], [], [])
