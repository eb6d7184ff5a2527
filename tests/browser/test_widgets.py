"""Each widget on Voilà with real clicks, keys and drags: what the page says, the kernel holds and the study exports."""

import csv
import json

import browsing
import pytest
from axe_playwright_python.sync_playwright import Axe

HOSTILE = (
    """<img src=x onerror="window.hacked=1"><script>window.hacked=1</script> & "quotes" \u202edlrow\u202c a\u200bb"""
)

SET_UP = """
import json
import ipywidgets as W
import numpy as np
from matplotlib.figure import Figure
import memgen_lite as mg

def told(widget, what):
    # A line that says what the kernel holds, for the test to read.
    line = W.Label()
    def tell(change=None):
        line.value = json.dumps(what())
    for one in widget:
        one.observe(tell, names="value")
    tell()
    return line
"""

EXPLORER = """
def draw(n, turned, word):
    fig = Figure(figsize=(3, 1), layout="none")
    fig.add_axes((0.1, 0.2, 0.8, 0.7)).plot(np.arange(n + 1)[::-1 if turned else 1])
    return mg.figures.picture(fig, f"A line of {n}, {'turned' if turned else 'straight'}, called {word}.", dpi=60)

explorer = mg.widgets.Explorer(
    draw,
    height=100,
    n=W.IntSlider(3, 1, 9, description="length"),
    turned=W.Checkbox(False, description="turned"),
    word=W.Text("Ada", description="name"),
)
W.VBox([explorer, told(explorer.controls.values(), lambda: explorer.state)])
"""

PREDICT = f"""
choice = mg.widgets.Predict("Which? " + {HOSTILE!r}, ["this", "that " + {HOSTILE!r}])
number = mg.widgets.Predict("How many?", range=(0, 10))
button, said = W.Button(description="Reveal"), W.HTML()
def reveal(_):
    both = choice.reveal("this"), number.reveal(6)
    said.value = "".join(one._repr_html_() for one in both)
button.on_click(reveal)
W.VBox([choice, number, button, said])
"""

STUDY = """
pictures = np.random.default_rng(0).random((2, 8, 6, 6))
evaluation = mg.widgets.HumanEvaluation(*pictures, n_calibration=1, n_trials=4, random_state=0)
export = W.Button(description="Export")
kept = told([], lambda: None)
def write(_):
    evaluation.study.to_frame().to_csv("answers.csv", index=False)
    kept.value = "exported"
export.on_click(write)
truth = json.dumps(["left" if side < 0 else "right" for side in evaluation.study.sides])
W.VBox([evaluation, export, kept, W.Label(truth)])
"""


@pytest.fixture(params=["light"])
def theme(request):
    return request.param


@pytest.fixture
def page(request, browser, server, theme):
    """A page on Voilà with the widgets of one cell; nothing may be wrong with it when the test is over."""
    source, widgets = request.param
    content = {"metadata": {}, "nbformat": 4, "nbformat_minor": 5, "cells": []}
    for position, text in enumerate([SET_UP, source]):
        cell = {"cell_type": "code", "id": str(position), "metadata": {}, "source": text}
        content["cells"].append({**cell, "outputs": [], "execution_count": None})
    name = f"{request.node.originalname}.ipynb"
    (server.root / name).write_text(json.dumps(content), "utf-8")
    tab = browsing.Tab(browser, server).serve(name, widgets, theme)
    yield tab.page
    hacked, wrong = tab.page.evaluate("() => window.hacked"), (tab.left, tab.failed, tab.errors)
    tab.close()
    assert (hacked, wrong) == (None, ([], [], []))


def on(source, widgets):
    return pytest.mark.parametrize("page", [(source, widgets)], indirect=True, ids=[""])


def says(page, words):
    """Wait until the page says these words, and fail where it does not come to that."""
    page.get_by_text(words).first.wait_for()


@on(EXPLORER, 8)
def test_an_explorer_follows_keys_drags_ticks_and_typing(page):
    handle = page.locator(".noUi-handle")
    says(page, "A line of 3, straight, called Ada.")
    handle.press("ArrowRight")
    says(page, "A line of 4, straight")
    handle.press("Home")
    says(page, "A line of 1, straight")
    track, knob = page.locator(".noUi-base").bounding_box(), handle.bounding_box()
    page.mouse.move(knob["x"] + knob["width"] / 2, knob["y"] + knob["height"] / 2)
    page.mouse.down()
    page.mouse.move(track["x"] + track["width"] * 0.6, knob["y"] + knob["height"] / 2, steps=5)
    page.mouse.move(track["x"] + track["width"] + 40, knob["y"] + knob["height"] / 2, steps=5)
    page.mouse.up()
    says(page, "A line of 9, straight")
    page.get_by_label("turned").check()
    says(page, "A line of 9, turned, called Ada.")
    page.get_by_label("name").fill(HOSTILE)
    says(page, f"A line of 9, turned, called {HOSTILE}.")
    assert page.locator("img").get_attribute("alt") == f"A line of 9, turned, called {HOSTILE}."
    says(page, json.dumps({"n": 9, "turned": True, "word": HOSTILE}))


@on(EXPLORER, 8)
def test_the_picture_of_an_explorer_keeps_its_place(page):
    place, words = page.locator("img").bounding_box(), page.locator("[aria-live]").bounding_box()
    for key in ("End", "Home"):
        page.locator(".noUi-handle").press(key)
        says(page, f"A line of {9 if key == 'End' else 1}, straight")
        assert page.locator("img").bounding_box() == place
        assert page.locator("[aria-live]").bounding_box() == words


@on(PREDICT, 7)
def test_a_prediction_that_was_not_made_is_revealed_as_such(page):
    page.get_by_role("button", name="Reveal").click()
    says(page, "No prediction was made. The answer is this.")
    says(page, "No prediction was made. The answer is 6.")


@on(PREDICT, 7)
def test_a_prediction_is_kept_by_mouse_and_by_key_and_hostile_text_is_shown_as_text(page):
    says(page, f"Which? {HOSTILE}")
    page.get_by_role("radio").nth(1).check()
    page.locator(".noUi-handle").press("ArrowRight")
    page.get_by_role("button", name="Reveal").click()
    says(page, f"✗ You said that {HOSTILE}; not so: the answer is this.")
    says(page, "✓ You said 6; right: the answer is 6.")
    page.get_by_role("radio").nth(1).press("ArrowUp")
    page.get_by_role("button", name="Reveal").press("Enter")
    says(page, "✓ You said this; right: the answer is this.")


def exported(page, server):
    """What the study wrote: the answers and whether they were right."""
    page.get_by_role("button", name="Export").click()
    says(page, "exported")
    with (server.root / "answers.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@on(STUDY, 10)
def test_a_study_is_taken_by_mouse(page, server):
    sides = json.loads(page.get_by_text('["').inner_text())
    left, right = (page.get_by_role("button", name=f"{side} is real") for side in ("Left", "Right"))
    undo, score = page.get_by_role("button", name="Undo"), page.get_by_role("button", name="Score")
    says(page, "Calibration pair 1 of 1.")
    left.click()
    says(page, f"{'Right' if sides[0] == 'left' else 'Not so'}: the {sides[0]} one was real.")
    says(page, "Pair 1 of 4.")
    assert undo.is_disabled() and score.is_disabled()
    right.click()
    says(page, "Pair 2 of 4.")
    undo.click()
    says(page, "Pair 1 of 4.")
    for number, side in enumerate(sides[1:], 2):
        says(page, f"Pair {number - 1} of 4.")
        (left if side == "left" else right).click()
    says(page, "Every pair has an answer.")
    assert left.is_disabled() and right.is_disabled()
    score.click()
    says(page, "This rater: 4 of 4 right, 100 %")
    rows = exported(page, server)
    assert [row["answer"] for row in rows] == ["left", *sides[1:]]
    assert [row["right"] for row in rows][1:] == ["True"] * 4


def tab_to(page, name):
    """Press Tab until the button of that name has the focus."""
    for _ in range(40):
        if page.evaluate("() => document.activeElement.innerText") == name:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not come to {name!r}")


@on(STUDY, 10)
def test_the_keyboard_alone_takes_a_whole_study(page, server):
    sides = json.loads(page.get_by_text('["').inner_text())
    answers = ["left", "right", "right", "left", "right"]
    for number, answer in enumerate(answers):
        says(page, f"Pair {number} of 4." if number else "Calibration pair 1 of 1.")
        tab_to(page, f"{answer.title()} is real")
        page.keyboard.press("Space" if number % 2 else "Enter")
    says(page, "Every pair has an answer.")
    tab_to(page, "Score")
    page.keyboard.press("Enter")
    right = sum(answer == side for answer, side in zip(answers[1:], sides[1:], strict=True))
    says(page, f"This rater: {right} of 4 right")
    assert [row["answer"] for row in exported(page, server)] == answers


@pytest.mark.parametrize("theme", ["light", "dark"], indirect=True)
@pytest.mark.parametrize(
    "page", [(EXPLORER, 8), (PREDICT, 7), (STUDY, 10)], indirect=True, ids=["explorer", "predict", "study"]
)
def test_our_markup_has_no_serious_violation_of_accessibility(page):
    if page.get_by_role("button", name="Left").count():
        page.get_by_role("button", name="Left").press("Enter")
        says(page, "Pair 1 of 4.")
    found = Axe().run(page, {"include": [[".widget-html-content"]]}).response["violations"]
    serious = [rule for rule in found if rule["impact"] in ("serious", "critical")]
    assert [(rule["id"], node["html"][:200]) for rule in serious for node in rule["nodes"]] == []
