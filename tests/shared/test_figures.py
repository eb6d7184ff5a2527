import base64
import io
import json
import os
import re
import subprocess
import time
from html.parser import HTMLParser
from pathlib import Path

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from memgen_lite import figures
from memgen_lite.shared import html


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("MEMGEN_FIGURES", str(tmp_path / "figures"))
    with mpl.rc_context(figures.STYLE):
        yield tmp_path / "figures"


def draw(size=(4, 3)):
    fig = Figure(figsize=size)
    ax = fig.subplots()
    ax.plot([0, 1], [1, 0], label="fall")
    ax.set(xlabel="time in s", ylabel="height in m")
    ax.legend()
    return fig


def save(name="fall", *, fig=None, alt="The height falls.", numbers=None, **kwargs):
    return figures.save(fig or draw(), name, alt=alt, numbers=numbers or {"a": 1}, **kwargs)


class Credited:
    credit = "Digits: someone, CC BY"


def test_four_files_are_written(place):
    save(numbers={"heights": np.array([1.0, np.nan]), "n": np.int64(3)}, sources=[Credited(), "our own"])
    assert sorted(os.listdir(place)) == ["fall.json", "fall.pdf", "fall.png", "fall.svg"]
    assert (place / "fall.pdf").read_bytes().startswith(b"%PDF")
    assert (place / "fall.svg").read_bytes().startswith(b"<?xml")
    with Image.open(place / "fall.png") as image:
        assert image.size == (4 * 144, 3 * 144)
    record = json.loads((place / "fall.json").read_text(encoding="utf-8"))
    assert record == {
        "alt": "The height falls.",
        "numbers": {"heights": [1.0, "nan"], "n": 3},
        "sources": ["Digits: someone, CC BY", "our own"],
        "layout": [],
    }


def test_a_drawing_is_stored_with_few_colors_and_a_photograph_with_all(place):
    save("drawing")
    pixels = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    fig = Figure(figsize=(4, 4), layout="none")
    fig.add_axes((0, 0, 1, 1)).imshow(pixels, interpolation="nearest")
    save("photograph", fig=fig)
    with Image.open(place / "drawing.png") as drawing, Image.open(place / "photograph.png") as photograph:
        assert (drawing.mode, photograph.mode) == ("P", "RGB")
        colors = {color for _, color in photograph.getcolors(10**6)}
    assert len(colors & {tuple(color) for color in pixels.reshape(-1, 3).tolist()}) > 1000


def as_it_was(fig, kind, dpi):
    """A figure's bytes by Matplotlib's own means, with all colors and with images in the pixels of the page."""
    buffer = io.BytesIO()
    told = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": {"Software": None}}[kind]
    with mpl.rc_context({"svg.hashsalt": "memgen_lite"}):
        fig.savefig(buffer, format=kind, dpi=dpi, metadata=told)
    return buffer.getvalue()


def plotted(fig, change):
    x = np.linspace(0, 9, 200)
    for i, ax in enumerate(fig.subplots(1, 2)):
        for j in range(3):
            ax.plot(x, np.sin(x + i + j), color=figures.COLORS["green" if change == "color" else "blue"], alpha=0.5)
        ax.set(title="How it swings, again" if change == "words" else "How it swings", xlabel="time in s")


def pictured(fig, change):
    digits = np.random.default_rng(0).integers(0, 17, (16, 40))
    ax = fig.subplots()
    ax.imshow(digits, cmap="gray_r", interpolation="nearest")
    ax.set_title("What there is, again" if change == "words" else "What there is")
    ax.plot([2, 35], [3, 12], color=figures.COLORS["green" if change == "color" else "blue"])


@pytest.mark.parametrize("kind", [plotted, pictured])
@pytest.mark.parametrize("change", ["color", "words"])
def test_a_redrawn_figure_adds_half_of_what_it_did_to_what_git_stores(kind, change, place, tmp_path, monkeypatch):
    """Its four files and its page, beside those of a figure as Matplotlib writes it."""

    def added(folder):
        def git(*words, **given):
            asked = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C", folder, *words]
            return subprocess.run(asked, capture_output=True, check=True, **given).stdout

        folder.mkdir()
        git("init", "--quiet")
        monkeypatch.setenv("MEMGEN_FIGURES", str(folder))
        for drawn in (None, change):
            fig = Figure(figsize=(8, 3))
            kind(fig, drawn)
            page = {"cells": [{"outputs": [{"data": {"text/html": [save(fig=fig).html()]}}]}]}
            (folder / "page.ipynb").write_text(json.dumps(page, indent=1), "utf-8")
            git("add", ".")
            git("commit", "--quiet", "--message", "drawn")
        return len(git("pack-objects", "--revs", "--thin", "--stdout", "-q", input=b"HEAD\n^HEAD~1\n"))

    now = added(tmp_path / "now")
    monkeypatch.setattr(figures, "_render", as_it_was)
    assert now <= added(tmp_path / "before") / 2


def test_an_image_is_resampled_for_no_file_of_vectors_and_is_left_as_it_was(place):
    fig = Figure(figsize=(4, 3))
    image = fig.subplots().imshow(np.arange(12).reshape(3, 4), interpolation="nearest")
    smooth = fig.axes[0].imshow(np.arange(12).reshape(3, 4), interpolation="bilinear")
    save(fig=fig)
    assert (image.get_interpolation(), smooth.get_interpolation()) == ("nearest", "bilinear")
    embedded = re.findall(r"data:image/png;base64,\s*([^\"]+)", (place / "fall.svg").read_text("utf-8"))
    sizes = [Image.open(io.BytesIO(base64.b64decode(one))).size for one in embedded]
    assert sizes[0] == (4, 3) and min(sizes[1]) > 100
    assert b"/Height 3" in (place / "fall.pdf").read_bytes()


def test_few_colors_look_as_all_do(place):
    fig = draw()
    shown = figures.picture(fig, "Falls.", dpi=144)
    fig.dpi = 144
    fig.canvas.draw()
    exact = np.asarray(fig.canvas.buffer_rgba())[..., :3].astype(int)
    stored = np.asarray(Image.open(io.BytesIO(shown.png)).convert("RGB")).astype(int)
    assert np.abs(exact - stored).mean() < 0.5 and (exact == stored).mean() > 0.98


def test_the_same_figure_makes_the_same_bytes(place):
    contents = []
    for _ in range(2):
        save(sources=["a source"])
        contents.append({path.name: path.read_bytes() for path in place.iterdir()})
    assert contents[0] == contents[1]
    save(alt="The height rises.")
    assert (place / "fall.json").read_bytes() != contents[0]["fall.json"]


def test_no_date_and_no_version_is_written(place):
    save()
    for path in place.iterdir():
        content = path.read_bytes()
        assert b"CreationDate" not in content
        assert b"<dc:date>" not in content
        assert b"Software" not in content or path.suffix != ".png"


def test_the_credit_is_printed_and_leaves_room_for_itself(place):
    save()
    without = (place / "fall.svg").read_text()
    fig = draw()
    save(fig=fig, sources=["Digits: someone, CC BY", "us"])
    assert "Digits" in (place / "fall.svg").read_text()  # as a comment beside the glyphs
    assert "Digits" not in without
    credit = fig.texts[-1]
    assert credit.get_text() == "Digits: someone, CC BY  ·  us"
    fig.draw_without_rendering()
    above = min(ax.get_tightbbox().y0 for ax in fig.axes)
    assert credit.get_window_extent().y1 <= above


def test_a_long_credit_is_wrapped_into_the_figure():
    fig = draw()
    save(fig=fig, sources=["Digits of someone, with a long license"] * 6)
    fig.draw_without_rendering()
    extent = fig.texts[-1].get_window_extent()
    assert extent.x1 <= fig.bbox.x1
    assert extent.y0 >= 0
    assert extent.y1 <= min(ax.get_tightbbox().y0 for ax in fig.axes)


def test_a_figure_without_a_layout_gets_its_credit_too():
    fig = draw()
    fig.set_layout_engine(None)
    figures.picture(fig, "Falls.", sources=["me"])
    assert [text.get_text() for text in fig.texts] == ["me"]


@pytest.mark.parametrize("name", ["", "Fall", "a b", "../a", "a/b", "a.svg", "ä", "a-b"])
def test_a_name_that_is_no_plain_one_is_refused(place, name):
    with pytest.raises(ValueError, match="name must be made of a-z, 0-9 and _, got"):
        save(name)
    assert not place.exists()


@pytest.mark.parametrize("alt", ["", "  \n", None, 7])
def test_a_figure_needs_words(alt):
    for use in (save, lambda alt: figures.picture(draw(), alt)):
        with pytest.raises(ValueError, match="alt must be a sentence that states the figure's finding, got"):
            use(alt=alt)


class Tags(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.seen = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.seen.append((tag, dict(attributes)))


def test_the_page_shows_the_picture_with_its_words(place):
    alt = 'It "falls" <fast> & far,\n   as 1 > 0.'
    shown = save(alt=alt)
    said = 'It "falls" <fast> & far, as 1 > 0.'
    bundle = shown._repr_mimebundle_()
    assert repr(shown) == bundle["text/plain"] == said
    ((tag, attributes),) = Tags(bundle["text/html"]).seen
    assert tag == "img"
    assert attributes["alt"] == said
    assert f"width:{4 * 96}px" in attributes["style"]
    kind, data = attributes["src"].split(",")
    assert kind == "data:image/png;base64"
    assert base64.b64decode(data) == (place / "fall.png").read_bytes()
    assert json.loads((place / "fall.json").read_text(encoding="utf-8"))["alt"] == said


def test_figures_of_pyplot_are_closed():
    before = plt.get_fignums()
    fig, _ = plt.subplots()
    save(fig=fig)
    figures.picture(plt.figure(), "Nothing.")
    assert plt.get_fignums() == before


@pytest.mark.parametrize(
    "value, expected",
    [
        (1, 1),
        (True, True),
        (None, None),
        ("a", "a"),
        (0.1 + 0.2, 0.3),
        (1e-300, 1e-300),
        (float("inf"), "inf"),
        (-np.inf, "-inf"),
        (np.float32(0.5), 0.5),
        (np.bool_(True), True),
        (np.arange(4).reshape(2, 2), [[0, 1], [2, 3]]),
        ((1, (2.0, np.nan)), [1, [2.0, "nan"]]),
        ({1: {"a": np.array([1.5])}}, {"1": {"a": [1.5]}}),
    ],
)
def test_numbers_become_json(value, expected):
    plain = figures.plain(value)
    assert plain == expected
    assert json.loads(json.dumps(plain, allow_nan=False)) == expected


def test_what_is_no_number_is_refused():
    with pytest.raises(TypeError, match="not JSON serializable"):
        save(numbers={"a": object()})


def test_figures_go_where_one_works_but_not_into_a_checkout_of_this_project(tmp_path, monkeypatch):
    assert figures.folder() == tmp_path / "figures"
    monkeypatch.delenv("MEMGEN_FIGURES")
    inner = tmp_path / "project" / "notebooks" / "deep"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    assert figures.folder() == inner / "figures"
    (tmp_path / "project" / "tools").mkdir()
    (tmp_path / "project" / "tools" / "regenerate.py").touch()
    assert figures.folder() == Path(os.devnull)
    monkeypatch.chdir(inner.parent.parent)
    assert figures.folder() == Path(os.devnull)


def test_figures_do_not_go_into_a_file(tmp_path, monkeypatch):
    (tmp_path / "figures").touch()
    monkeypatch.setenv("MEMGEN_FIGURES", str(tmp_path / "figures"))
    with pytest.raises(NotADirectoryError, match="MEMGEN_FIGURES must be a folder, or /dev/null, got the file"):
        figures.folder()


def test_to_nowhere_a_figure_is_shown_as_ever_and_no_file_is_written(tmp_path, monkeypatch):
    written = save().png
    monkeypatch.setenv("MEMGEN_FIGURES", os.devnull)
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.rglob("*"))
    assert save("nowhere").png == written
    assert sorted(tmp_path.rglob("*")) == before
    with pytest.raises(TypeError, match="not JSON serializable"):
        save(numbers={"a": object()})


def test_the_style_is_the_projects():
    with mpl.rc_context():
        mpl.rcdefaults()
        figures.use_style()
        assert mpl.rcParams["svg.hashsalt"] == "memgen_lite"
        assert mpl.rcParams["axes.prop_cycle"].by_key()["color"][0] == figures.COLORS["blue"]
    assert len(set(figures.COLORS.values())) == len(figures.COLORS)
    assert all(re.fullmatch("#[0-9A-F]{6}", color) for color in figures.COLORS.values())


def test_every_color_can_be_told_from_white():
    """Contrast of at least 2 to 1 for lines and 4.5 to 1 for the gray of text, by the formula of WCAG 2."""

    def luminance(color):
        channels = np.array([int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)])
        linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
        return linear @ [0.2126, 0.7152, 0.0722]

    contrast = {name: 1.05 / (luminance(color) + 0.05) for name, color in figures.COLORS.items()}
    assert min(contrast.values()) >= 2
    assert contrast["gray"] >= 4.5


@pytest.mark.parametrize("credit", ["$\\frac{1}$", "$x", "a_{", "\\", "\ud800", "a\nb\x1b[31m", "$" * 50, "x" * 3000])
def test_a_credit_is_printed_as_it_is_whatever_is_in_it(credit, tmp_path, monkeypatch):
    monkeypatch.setenv("MEMGEN_FIGURES", str(tmp_path))
    figure = Figure()
    figure.subplots().plot([1, 2])
    figures.save(figure, "x", alt="A line.", numbers={"a": 1}, sources=[credit])
    stored = json.loads((tmp_path / "x.json").read_text("utf-8"))["sources"]
    assert stored == [html.visible(credit)]
    assert all(text.get_parse_math() is False for text in figure.texts)


@pytest.mark.parametrize(
    "change, message",
    [
        ({"fig": 5}, "fig must be a Figure of Matplotlib, got 5"),
        ({"name": 5}, "name must be made of a-z, 0-9 and _, got 5"),
        ({"alt": None}, "alt must be a sentence"),
        ({"numbers": [1]}, r"numbers must be a dict, got \[1\]"),
        ({"numbers": {"a": object()}}, "numbers must be numbers, words, and arrays"),
        ({"sources": "OpenMoji"}, "sources must be a list of str, or of data sets with a credit, got 'OpenMoji'"),
        ({"sources": [5]}, "sources must be a list of str"),
        ({"sources": 5}, "sources must be a list of str"),
        ({"dpi": "x"}, "dpi must be a number from 10 to 10,000, got 'x'"),
        ({"dpi": float("nan")}, "dpi must be a finite number from 10 to 10,000, got nan"),
    ],
)
def test_an_argument_of_a_figure_that_does_not_fit_is_named(change, message, tmp_path, monkeypatch):
    monkeypatch.setenv("MEMGEN_FIGURES", str(tmp_path))
    with pytest.raises((ValueError, TypeError), match=message):
        figures.save(**({"fig": Figure(), "name": "x", "alt": "A line.", "numbers": {}} | change))
    assert not list(tmp_path.iterdir())


def test_a_number_in_an_array_is_plain_and_a_mask_and_letters_without_pixels_are_refused():
    assert figures.plain({"a": np.array(2.5), "b": [np.array([1, 2])]}) == {"a": 2.5, "b": [[1, 2]]}
    with pytest.raises(TypeError, match="value must be a plain array, got a masked one"):
        figures.plain(np.ma.masked_array([1, 2], [True, False]))
    with pytest.raises(ValueError, match="dpi must be from 10 to 10,000, got 2"):
        figures.picture(Figure(), "A line.", dpi=2)


@pytest.mark.parametrize(
    "draw",
    [
        lambda *given, **more: figures.picture(*given, **more),
        lambda *given, **more: figures.save(given[0], "x", numbers={}, **more),
    ],
)
@pytest.mark.parametrize("sources", [["x" * 100_000], ["a word " * 20_000], ["credit"] * 5000])
def test_sources_that_are_longer_than_the_figure_are_refused_at_once(draw, sources):
    start = time.perf_counter()
    with pytest.raises(ValueError, match=r"sources must fit below the figure, got [0-9,]+ characters"):
        draw(Figure(figsize=(6, 4)), alt="A line.", sources=sources)
    assert time.perf_counter() - start < 5
