"""The recitation trainer, exercises with their checks, and an explorer that plays, on Voilà with real keys."""

import json

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from test_widgets import HOSTILE, on, page, says, theme  # noqa: F401 - page and theme are fixtures

RECITATION = """
trainer = mg.widgets.Recitation(mg.pi.decimals(1000))
kept = told([trainer.field], lambda: [trainer.recital.streak, trainer.recital.best])
W.VBox([trainer, kept])
"""

EXERCISES = f"""
def halve(value):
    return None if value == 2 else f"Twice {{value:g}} is {{2 * value:g}}."

cat = {{"a dog": "It barks." + {HOSTILE!r}}}.get
W.VBox([
    mg.widgets.Exercise("Half of 4", halve),
    mg.widgets.Exercise("Which meows?", cat, choices=["a dog", "a cat"]),
    mg.widgets.Exercise("Written above", lambda f: f(0), answer=lambda x: 1 / x),
])
"""

PLAYED = """
def draw(n):
    return mg.figures.picture(Figure(figsize=(2, 1)), f"Step {n} of 9.", dpi=40)

mg.widgets.Explorer(draw, height=100, play="n", n=mg.widgets.slider("step", range(10), 7, "{} steps done"))
"""


@on(RECITATION, 6)
def test_the_keyboard_alone_recites_errs_and_goes_on(page):  # noqa: F811
    field = page.get_by_role("textbox", name="decimals of pi")
    for _ in range(10):
        page.keyboard.press("Tab")
        if field.evaluate("node => node === document.activeElement"):
            break
    page.keyboard.type("14159")
    says(page, "5 of 5 right.")
    page.keyboard.type("0")
    says(page, "Decimal 6 is not so; 5 right before it.")
    says(page, json.dumps([5, 5]))
    page.keyboard.press("Backspace")
    page.keyboard.type("26 535")
    says(page, "10 of 10 right.")
    page.keyboard.press("Control+A")
    page.keyboard.type("2")
    says(page, json.dumps([0, 10]))
    you = page.get_by_role("row", name="You, at best")
    expect(you.get_by_role("cell").nth(-2)).to_have_text("10")


@on(RECITATION, 6)
def test_a_pasted_text_with_lines_columns_and_other_digits_is_read(page):  # noqa: F811
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    field = page.get_by_role("textbox", name="decimals of pi")
    for text, words in (
        ("3.14159 26535\n89793\t23846", "20 of 20 right. The 3 before the point does not count."),
        ("١٤١٥٩ ٢٦٥٣٥", "10 of 10 right."),
        (f"14{HOSTILE}", "Decimal 4 is not so; 3 right before it. Left out, since not digits:"),
    ):
        page.evaluate("text => navigator.clipboard.writeText(text)", text)
        field.press("Control+A")
        field.press("Control+V")
        says(page, words)


@on(RECITATION, 6)
def test_the_board_keeps_its_place_whatever_is_typed(page):  # noqa: F811
    field, board = page.get_by_role("textbox", name="decimals of pi"), page.locator("table")
    place, now = board.bounding_box()["y"], page.get_by_role("row", name="You, now")
    typed = (("1415", "4 of 4 right.", 4), ("x", "Left out, since not digits: x", 0), ("1", "1 of 1 right.", 1))
    for text, words, right in typed:
        field.fill(text)
        says(page, words)
        # The board follows the words in a message of its own: until then it may be taken away while it is measured.
        expect(now.get_by_role("cell").nth(-2)).to_have_text(str(right))
        assert board.bounding_box()["y"] == place


@on(EXERCISES, 11)
def test_an_exercise_says_what_is_wrong_and_at_last_that_it_is_right(page):  # noqa: F811
    field = page.get_by_role("textbox", name="answer")
    says(page, "No answer yet: type a number.")
    says(page, "✗ Not yet. It can't be checked: ZeroDivisionError: division by zero")
    for typed, words in (
        ("3", "✗ Not yet. Twice 3 is 6."),
        (HOSTILE, f"✗ Not yet. “{HOSTILE}” is no number"),
        ("2.0", "✓ Right."),
    ):
        field.fill(typed)
        field.press("Enter")
        says(page, words)
    page.get_by_role("radio").first.check()
    says(page, f"✗ Not yet. It barks.{HOSTILE}")
    page.get_by_role("radio").first.press("ArrowDown")
    page.get_by_text("✓ Right.").nth(1).wait_for()


@on(PLAYED, 5)
def test_play_goes_on_step_by_step_and_the_slider_says_its_value_in_words(page):  # noqa: F811
    says(page, "7 steps done")
    page.get_by_role("button").first.press("Enter")
    says(page, "Step 8 of 9.")
    says(page, "Step 9 of 9.")
    says(page, "9 steps done")
    page.locator(".noUi-handle").press("ArrowLeft")
    says(page, "Step 8 of 9.")


@pytest.mark.parametrize("theme", ["light", "dark"], indirect=True)
@pytest.mark.parametrize("page", [(RECITATION, EXERCISES, 17)], indirect=True, ids=[""])
def test_our_markup_has_no_serious_violation_of_accessibility(page, screenshots, theme):  # noqa: F811
    for box, answer in enumerate(["not so", "Twice 1414"]):
        page.get_by_role("textbox").nth(box).fill("1414")
        page.get_by_role("textbox").nth(box).press("Enter")
        page.get_by_text(answer).first.wait_for()
    page.screenshot(path=screenshots / f"recitation_and_exercises_{theme}.png", full_page=True)
    found = Axe().run(page, {"include": [[".widget-html-content"]]}).response["violations"]
    serious = [rule for rule in found if rule["impact"] in ("serious", "critical")]
    assert [(rule["id"], node["html"][:200]) for rule in serious for node in rule["nodes"]] == []
