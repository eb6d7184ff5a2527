"""The two pages that people see, as files: light, dark and printed, at 800 pixels, with nothing that axe finds."""

import re

import numpy as np
import pandas as pd
import pytest
from axe_playwright_python.sync_playwright import Axe

import memgen_lite as mg

# The legend of a picture can't be looked at from outside; the words of a page can.
OUT_OF_SIGHT = """() => [...document.querySelectorAll('svg, img, p, h1, h2, summary, figure')]
    .filter(one => one.getBoundingClientRect().right > innerWidth + 0.5).map(one => one.outerHTML.slice(0, 99))"""


def tables(rng):
    """Three frames of numbers, categories, times and missing values; part of train was copied."""
    train, held_out, generated = (
        pd.DataFrame(
            {
                "id": np.arange(90) + 90 * i,
                "age": rng.integers(18, 90, size=90).astype(float),
                "city": rng.choice(["Rome", "Oslo", "Lima"], size=90),
                "since": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 10**6, size=90), unit="s"),
            }
        )
        for i in range(3)
    )
    train.loc[3, "age"] = np.nan
    generated.iloc[:40, 1:] = train.iloc[:40, 1:].to_numpy()
    return train, held_out, generated


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """Paths of pages: audits of pictures, a table and texts, the last two with records, and an evaluation."""
    folder, rng = tmp_path_factory.mktemp("reports"), np.random.default_rng(0)
    told = {"model": "a model", "data": "some data", "date": "2025-01-31"}
    digits = mg.data.digits()
    T, H = (X[:300].reshape(-1, 8, 8) for X in (digits.train, digits.held_out))
    mg.audit(T, H, T[:200] + 0.5, n_relabelings=199).to_html(folder / "pictures.html", limit=0.1, **told)
    found = mg.audit(*tables(rng), ignore="id", n_relabelings=199)
    found.to_html(folder / "table.html", decision="kept back", **told)
    found.to_html(folder / "records.html", records=True)
    words = ["".join(rng.choice(list("abcdefgh"), size=30)) for _ in range(150)]
    found = mg.audit(words[:50], words[50:100], [word + "!" for word in words[:40]] + words[100:], n_relabelings=199)
    found.to_html(folder / "texts.html", records=True)
    mg.evaluate(*tables(rng), ignore="id", n_null=19).to_html(folder / "evaluation.html", **told)
    return folder


@pytest.fixture
def page(browser, reports, screenshots, request):
    name, theme = request.param
    # The page's own policy lets no script run, not even that of axe.
    context = browser.new_context(viewport={"width": 800, "height": 900}, color_scheme=theme, bypass_csp=True)
    page = context.new_page()
    page.goto((reports / f"{name}.html").as_uri())
    yield page
    page.screenshot(path=screenshots / f"report_{name}_{theme}.png", full_page=True)
    context.close()


NAMES = ("pictures", "table", "records", "texts", "evaluation")


@pytest.mark.parametrize("page", [(name, theme) for name in NAMES for theme in ("light", "dark")], indirect=True)
def test_a_report_is_legible_at_800_pixels_and_axe_finds_nothing(page):
    page.evaluate("() => document.querySelectorAll('details').forEach(one => { one.open = true; })")
    found = Axe().run(page).response["violations"]
    assert [(rule["id"], node["html"][:200]) for rule in found for node in rule["nodes"]] == []
    assert page.evaluate("() => document.documentElement.scrollWidth") == 800
    assert page.evaluate(OUT_OF_SIGHT) == []


@pytest.mark.parametrize("page", [(name, "dark") for name in NAMES], indirect=True)
def test_a_printed_report_is_dark_on_white_and_has_what_waits_to_be_opened(page):
    page.emulate_media(media="print")
    style = page.evaluate("() => { const s = getComputedStyle(document.body); return [s.color, s.backgroundColor]; }")
    ink, paper = (sum(map(int, re.findall(r"\d+", color)[:3])) for color in style)
    assert ink < 150 and paper == 3 * 255
    closed = "() => [...document.querySelectorAll('details table')].filter(one => !one.checkVisibility()).length"
    assert page.evaluate(closed) == 0
    assert page.locator("summary").count() == 0 or not page.locator("summary").first.is_visible()
    assert page.pdf(format="A4").startswith(b"%PDF")


def test_no_script_of_a_report_can_run(browser, reports):
    context = browser.new_context()
    page = context.new_page()
    page.goto((reports / "table.html").as_uri())
    hostile = "<img src='x' onerror='window.hacked = 1'>"
    with page.expect_console_message(lambda message: "Content Security Policy" in message.text):
        page.evaluate("html => document.body.insertAdjacentHTML('beforeend', html)", hostile)
    assert page.evaluate("() => window.hacked === undefined")
    context.close()
