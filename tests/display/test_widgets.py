"""Explorer and its controls without a browser."""

import gc
import weakref

import ipywidgets as W
import numpy as np
import pytest
from matplotlib.figure import Figure

from memgen_lite import figures, widgets
from memgen_lite.display.widgets.explorer import Explorer, slider

CALLS = []


def draw(n, turned=False):
    CALLS.append((n, turned))
    fig = Figure(figsize=(1, 1))
    fig.subplots().plot(np.arange(n + 1))
    return figures.picture(fig, f"A line of {n} & {'a turn' if turned else 'no turn'}.", dpi=30)


def explorer(**options):
    return Explorer(draw, n=W.IntSlider(3, 1, 9), turned=W.Checkbox(False, description="turned"), **options)


def test_the_picture_and_the_words_follow_every_control():
    one = explorer()
    assert one.state == {"n": 3, "turned": False}
    assert "A line of 3 &amp; no turn." in one.words.value
    before = one.view.value
    one.controls["n"].value = 5
    assert "A line of 5 &amp; no turn." in one.words.value
    assert one.view.value != before
    one.controls["turned"].value = True
    assert one.state == {"n": 5, "turned": True}
    assert one.picture.alt == "A line of 5 & a turn."
    assert one.view.value == one.picture.html()


def test_it_draws_once_a_change_and_the_same_values_give_the_same_picture():
    CALLS.clear()
    one = explorer()
    first = one.view.value
    one.controls["n"].value = 4
    one.controls["n"].value = 4
    one.controls["n"].value = 3
    assert CALLS == [(3, False), (4, False), (3, False)]
    assert one.view.value == first


def test_figures_are_collected_young_and_what_is_loaded_is_not_searched():
    one, there = explorer(), weakref.WeakSet()

    def counted(n, turned):
        fig = Figure(figsize=(1, 1))
        fig.subplots()
        there.add(fig)
        return figures.picture(fig, f"{n}", dpi=30)

    one._draw = counted
    gc.collect()  # what other tests left counts for nothing
    searched = gc.get_stats()[2]["collections"]
    for n in range(40):
        one.controls["n"].value = 1 + n % 9
        assert len(there) == 0
    assert gc.get_stats()[2]["collections"] == searched


def test_python_collects_as_before_also_after_a_picture_that_fails():
    one = explorer()

    def fails(n, turned):
        assert not gc.isenabled()
        raise ValueError("no such picture")

    one._draw = fails
    with pytest.raises(ValueError, match="no such picture"):
        one._update()
    assert gc.isenabled()
    gc.disable()
    try:
        explorer()
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_the_controls_stand_above_the_words_and_the_view_and_are_labeled_whole():
    one = explorer(height=123)
    assert one.children == (*one.controls.values(), one.words, one.view)
    assert one.view.layout.min_height == "123px"
    assert 'aria-live="polite"' in one.words.value
    assert {control.style.description_width for control in one.controls.values()} == {"initial"}


def test_a_stored_explorer_is_its_words_and_its_first_picture():
    one = explorer()
    data, _ = one._repr_mimebundle_()
    assert repr(one) == data["text/plain"] == "Explorer of n, turned: A line of 3 & no turn."
    assert data["text/html"] == one.picture.html()
    assert "application/vnd.jupyter.widget-view+json" in data


def test_an_error_while_drawing_is_not_hidden():
    def fails(n):
        raise RuntimeError("no ink")

    with pytest.raises(RuntimeError, match="no ink"):
        Explorer(fails, n=W.IntSlider())


def test_a_control_has_its_name_as_label_and_a_tooltip_with_its_range_and_keys():
    def nothing(**values):
        return draw(1)

    controls = {
        "how_many": W.IntSlider(3, 1, 9),
        "share": slider("Share", (0.1, 0.5), 0.5, "{:.0%}"),
        "width": W.SelectionSlider(options=[1, 2, 4]),
        "word": W.Text(description="Word"),
        "line": W.Text(description="Line", continuous_update=False),
        "kind": W.Dropdown(options=["a", "b"], description="Kind"),
        "turned": W.Checkbox(False, tooltip="Upside down"),
    }
    tips = {name: control.tooltip for name, control in Explorer(nothing, **controls).controls.items()}
    assert controls["how_many"].description == "how many"
    assert tips == {
        "how_many": "how many: from 1 to 9. Drag it, or press the arrow keys.",
        "share": "Share: from 10% to 50%. Drag it, or press the arrow keys.",
        "width": "width: from 1 to 4. Drag it, or press the arrow keys.",
        "word": "Word: type.",
        "line": "Line: type, then press Enter.",
        "kind": "Kind: choose with the arrow keys.",
        "turned": "Upside down",
    }
    other = Explorer(nothing, bold=W.Checkbox(False))
    assert other.controls["bold"].tooltip == "bold: press the space bar to turn it on or off."


def test_a_slider_says_its_value_in_words():
    draws = slider("draws", range(10, 101, 10), 20, "{:,} draws")
    assert (draws.description, draws.value, draws.label) == ("draws", 20, "20 draws")
    draws.value = 100
    assert draws.label == "100 draws"
    assert slider("size", [0, 1], 1, lambda power: f"{10**power} rows").label == "10 rows"
    assert slider("size", [0.5, 1], 1).label == "1"


def test_a_slider_starts_at_one_of_its_values():
    with pytest.raises(ValueError, match="value must be one of values, 1 to 3, got 4"):
        slider("n", [1, 2, 3], 4)


def test_play_buttons_are_beside_the_slider_that_they_move():
    one = Explorer(draw, play="n", n=slider("n", range(1, 10), 3))
    play, control = one.children[0].children
    assert control is one.controls["n"]
    assert (play.min, play.max, play.value) == (0, 8, 2)
    assert one.children[1:] == (one.words, one.view)


def test_the_package_has_all_widgets_in_one_place():
    assert all(hasattr(widgets, name) for name in widgets.__all__)
    assert widgets.HumanEvaluation.__name__ == "HumanEvaluation"
    assert widgets.Recitation.__module__ == "memgen_lite.display.widgets.recitation"
    with pytest.raises(AttributeError, match="no attribute 'Oracle'"):
        widgets.Oracle  # noqa: B018
