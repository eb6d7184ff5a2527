"""Each widget on Voilà with real clicks, keys and drags: what the page says, the kernel holds and the study exports."""

import json
import re

import browsing
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from memgen_lite import coin
from memgen_lite.shared.html import visible

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
W.VBox([choice, number, choice.reveal("this"), number.reveal(6), mg.widgets.score()])
"""

STUDY = """
pictures = np.random.default_rng(0).random((2, 8, 6, 6))
evaluation = mg.widgets.HumanEvaluation(*pictures, n_calibration=1, n_trials=4, path="KEPT")
sides = lambda: ["left" if side < 0 else "right" for side in evaluation.study.sides]
W.VBox([evaluation, told([evaluation.rater], sides)])
"""

TEXTS = f"""
real, generated = (8 * [word + {HOSTILE!r}] for word in ("real ", "made "))
path = {"it's <b onclick='window.hacked=1'>" + chr(0x202E) + '&amp;".json'!r}
evaluation = mg.widgets.HumanEvaluation(
    real, generated, question="copy", train=generated, n_calibration=0, n_trials=8, rater={HOSTILE!r}, path=path
)
evaluation
"""

HUGE = """
pictures = np.zeros((2, 1, 10_000, 10_000), dtype=np.uint8)
pictures[:, :, ::500] = pictures[:, :, :, 5_000:] = 255
mg.widgets.HumanEvaluation(*pictures, n_calibration=0, n_trials=1)
"""


@pytest.fixture(params=["light"])
def theme(request):
    return request.param


@pytest.fixture
def page(request, browser, server, theme):
    """A page on Voilà with the widgets of some cells; nothing may be wrong with it when the test is over."""
    *sources, widgets = request.param
    content = {"metadata": {}, "nbformat": 4, "nbformat_minor": 5, "cells": []}
    for position, text in enumerate([SET_UP, *sources]):
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
    says(page, f"A line of 9, turned, called {visible(HOSTILE)}.")
    # The picture follows the words in a message of its own.
    expect(page.locator("img")).to_have_attribute("alt", f"A line of 9, turned, called {visible(HOSTILE)}.")
    says(page, json.dumps({"n": 9, "turned": True, "word": HOSTILE}))


@on(EXPLORER, 8)
def test_the_picture_of_an_explorer_keeps_its_place(page):
    place, words = page.locator("img").bounding_box(), page.locator("[aria-live]").bounding_box()
    for key in ("End", "Home"):
        page.locator(".noUi-handle").press(key)
        said = f"A line of {9 if key == 'End' else 1}, straight, called Ada."
        says(page, said)
        # The picture follows the words: until then it may be taken away while it is measured.
        expect(page.locator("img")).to_have_attribute("alt", said)
        expect(page.locator("img")).to_have_js_property("complete", True)
        assert page.locator("img").bounding_box() == place
        assert page.locator("[aria-live]").bounding_box() == words


@on(PREDICT, 14)
def test_a_prediction_that_was_not_made_is_revealed_as_such_when_the_reader_asks(page):
    expect(page.get_by_text("The answer comes here when you have predicted it.")).to_have_count(2)
    assert "this" not in page.locator(".memgen-answers-0").inner_html()
    page.get_by_role("button", name="Show the answer").first.click()
    says(page, "No prediction was made. The answer is this.")
    page.get_by_role("button", name="Show the answer").press("Enter")
    says(page, "No prediction was made. The answer is 6.")
    says(page, "Predicted before the result: 0 of 2.")


@on(PREDICT, 14)
def test_a_prediction_is_made_by_mouse_and_by_key_and_hostile_text_is_shown_as_text(page):
    says(page, f"Which? {HOSTILE}")
    mine = page.get_by_role("button", name="This is my prediction")
    expect(mine.first).to_be_disabled()  # nothing is chosen yet
    page.get_by_role("radio").nth(1).check()
    mine.first.click()
    says(page, f"✗ You said that {HOSTILE}; not so: the answer is this.")
    says(page, "Predicted before the result: 1 of 2, 0 of them right.")
    expect(page.get_by_role("radio").first).to_be_disabled()
    page.locator(".noUi-handle").press("ArrowRight")
    mine.press("Enter")
    says(page, "✓ You said 6; right: the answer is 6.")
    says(page, "Predicted before the result: 2 of 2, 1 of them right.")


def exported(page, folder, kind, press=None):
    """The answers in the file that a link of the page hands over, and its name."""
    link = page.get_by_role("link", name=f"Download {kind}")
    with page.expect_download() as expected:
        press() if press else link.click()
    path = folder / expected.value.suggested_filename
    expected.value.save_as(path)
    return coin.pool([path])


def press(page, name):
    page.get_by_role("button", name=name).click()


@on(STUDY.replace("KEPT", "by mouse.json"), 12)
def test_a_study_is_taken_by_mouse(page, server, tmp_path):
    name = page.get_by_label("Your name")
    name.fill(HOSTILE)
    name.press("Tab")
    says(page, "1 pair for practice, then 4 pairs to count. Which one is real?")
    expect(page.locator("img")).to_have_count(0)
    press(page, "Start")
    says(page, "Calibration pair 1 of 1. Which one is real?")
    sides = json.loads(page.get_by_text('["').inner_text())
    undo, score = page.get_by_role("button", name="Undo"), page.get_by_role("button", name="Score")
    press(page, "Left is real")
    says(page, f"{'Right' if sides[0] == 'left' else 'Not so'}: the {sides[0]} one was real. Pair 1 of 4.")
    for control in (name, undo, score):
        expect(control).to_be_disabled()
    press(page, "Right is real")
    says(page, "Pair 2 of 4.")
    undo.click()
    says(page, "Pair 1 of 4.")
    expect(page.locator("img")).to_have_count(2)
    press(page, "Pause")
    says(page, "Pair 1 of 4. Paused: the clock stands still.")
    expect(page.locator("img")).to_have_count(0)
    assert len(exported(page, tmp_path, "CSV")) == 1
    press(page, "Go on")
    for number, side in enumerate(sides[1:], 2):
        says(page, f"Pair {number - 1} of 4. Which")
        press(page, f"{side.title()} is real")
    says(page, "Every pair has an answer.")
    score.click()
    says(page, "This rater: 4 of 4 right, 100 %")
    page.get_by_alt_text("What to believe after 4 answers").wait_for()
    answers = exported(page, tmp_path, "CSV")
    assert answers.answer.tolist() == ["left", *sides[1:]]
    assert answers.outcome.tolist()[1:] == [True] * 4
    assert answers.taken_back.tolist() == [False, True, False, False, False]
    assert (answers.seconds > 0).all()
    assert set(answers.rater) == {HOSTILE}
    for other in (exported(page, tmp_path, "JSON"), coin.pool([server.root / "by mouse.json"])):
        assert other.equals(answers)


def focused(page):
    return page.evaluate("() => document.activeElement.innerText")


def tab_to(page, name):
    """Press Tab until the button or link of that name has the focus."""
    for _ in range(40):
        if focused(page) == name:
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not come to {name!r}")


@on(STUDY.replace("KEPT", "by keyboard.json"), 12)
def test_the_keyboard_alone_takes_a_whole_study(page, server, tmp_path):
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.tagName") == "INPUT":
            break
    page.keyboard.type("Ada")
    tab_to(page, "Start")
    page.keyboard.press("Enter")
    answers = ["left", "right", "right", "left", "right"]
    for number, answer in enumerate(answers):
        says(page, f"Pair {number} of 4. Which" if number else "Calibration pair 1 of 1. Which")
        if number == 2:
            tab_to(page, "Pause")
            page.keyboard.press("Space")
            says(page, "Paused: the clock stands still.")
            assert focused(page) == "Go on"  # the same button
            page.keyboard.press("Space")
            says(page, "Pair 2 of 4. Which")
        tab_to(page, f"{answer.title()} is real")
        page.keyboard.press("Space" if number % 2 else "Enter")
        if number == 1:
            says(page, "Pair 2 of 4.")
            assert focused(page) == "Right is real"
    says(page, "Every pair has an answer.")
    sides = json.loads(page.get_by_text('["').inner_text())
    tab_to(page, "Score")
    page.keyboard.press("Enter")
    right = sum(answer == side for answer, side in zip(answers[1:], sides[1:], strict=True))
    says(page, f"This rater: {right} of 4 right")
    tab_to(page, "Download JSON")
    found = exported(page, tmp_path, "JSON", press=lambda: page.keyboard.press("Enter"))
    assert found.answer.tolist() == answers
    assert set(found.rater) == {"Ada"}
    assert found.equals(coin.pool([server.root / "by keyboard.json"]))


@on(STUDY.replace("KEPT", "left half-way.json"), 12)
def test_a_new_kernel_goes_on_where_the_rater_was(page, request, browser, server):
    press(page, "Start")
    for number in range(3):
        says(page, f"Pair {number} of 4. Which" if number else "Calibration pair 1 of 1. Which")
        press(page, "Left is real")
    says(page, "Pair 3 of 4. Which")
    before = coin.pool([server.root / "left half-way.json"])
    tab = browsing.Tab(browser, server).serve(f"{request.node.originalname}.ipynb", 12)
    says(tab.page, "Pair 3 of 4. Paused: the clock stands still.")
    says(tab.page, "Kept after each answer in left half-way.json.")
    press(tab.page, "Go on")
    for number in (3, 4):
        says(tab.page, f"Pair {number} of 4. Which")
        press(tab.page, "Right is real")
    says(tab.page, "Every pair has an answer.")
    tab.close()
    after = coin.pool([server.root / "left half-way.json"])
    assert after[:3].equals(before)
    assert after.answer.tolist() == ["left"] * 3 + ["right"] * 2


@on(TEXTS, 11)
def test_hostile_texts_names_and_paths_are_shown_as_data_and_travel_as_data(page, tmp_path):
    shown = HOSTILE
    for mark in "\u202e\u202c\u200b":
        shown = shown.replace(mark, f"⟨U+{ord(mark):04X}⟩")
    press(page, "Start")
    says(page, "Pair 1 of 8. Which one is the copy?")
    halves = page.get_by_role("group").all_inner_texts()
    left = halves[0].split()[0]
    assert halves == [f"{word} {shown}" for word in (left, "made", "made" if left == "real" else "real", "made")]
    press(page, "Left is the copy")
    says(page, "Pair 2 of 8.")
    press(page, "Pause")
    says(page, "Kept after each answer in it's <b onclick='window.hacked=1'>⟨U+202E⟩&amp;\".json.")
    answers = exported(page, tmp_path, "CSV")
    assert (answers.rater[0], answers.outcome[0]) == (HOSTILE, left == "made")


@on(HUGE, 10)
def test_a_huge_picture_is_shown_small(page):
    press(page, "Start")
    says(page, "Pair 1 of 1. Which one is real?")
    sizes = "images => images.map(image => [image.naturalWidth, image.naturalHeight, image.src.length])"
    page.wait_for_function("() => [...document.images].every(image => image.complete)")
    images = page.locator("img").evaluate_all(sizes)
    assert [image[:2] for image in images] == [[179, 179]] * 2
    assert sum(image[2] for image in images) < 200_000


@pytest.mark.parametrize("theme", ["light", "dark"], indirect=True)
@pytest.mark.parametrize(
    "page",
    [(EXPLORER, PREDICT, 15), (STUDY.replace('"KEPT"', "None"), 12), (TEXTS.replace("path=path", "path=None"), 11)],
    indirect=True,
    ids=["explorer and predictions", "study", "texts"],
)
def test_our_markup_has_no_serious_violation_of_accessibility(page):
    if page.get_by_role("button", name="Left").count():  # a pair in view, what is known of the rater, and the links
        page.get_by_role("button", name=re.compile("Start|Go on")).press("Enter")
        for _ in range(3):
            press(page, re.compile("Left"))
        says(page, "This rater:")
        violations(page)
        press(page, "Pause")
        says(page, "Download CSV")
        page.get_by_role("alert").first.wait_for()
    violations(page)


def violations(page):
    found = Axe().run(page, {"include": [[".widget-html-content"]]}).response["violations"]
    serious = [rule for rule in found if rule["impact"] in ("serious", "critical")]
    assert [(rule["id"], node["html"][:200]) for rule in serious for node in rule["nodes"]] == []
