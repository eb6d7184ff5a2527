"""Each fault that a reader of a figure would stumble over is found where it was planted, and nowhere else."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from memgen_lite.shared.layout import faults


@pytest.fixture
def drawn():
    """A figure without faults, and its axes: two labelled curves, a legend in an empty corner."""
    fig, ax = plt.subplots(figsize=(6, 3), layout="constrained")
    ax.plot([0, 1], [0, 1], label="rises")
    ax.plot([0, 1], [0, 0.5], label="rises less")
    ax.set(xlabel="time (s)", ylabel="height (m)", title="Both rise")
    ax.legend(loc="upper left")
    yield fig, ax
    plt.close(fig)


def only(fig, words):
    found = faults(fig)
    assert found and all(words in fault for fault in found), found


def test_a_figure_that_reads_well_has_no_faults(drawn):
    assert faults(drawn[0]) == []


def test_small_text_is_found_also_where_only_the_column_makes_it_small(drawn):
    fig, ax = drawn
    ax.text(0.6, 0.1, "too small to read", fontsize=6.5)
    only(fig, "text of 6.5 pt at 800 pixels: 'too small to read'")
    ax.texts[0].set_fontsize(7.5)
    assert faults(fig) == []
    fig.set_size_inches(12, 3)  # 1,152 pixels
    only(fig, "pt at 800 pixels")


@pytest.mark.parametrize("angle", [0, 90, 30])
def test_text_over_text_is_found_whatever_its_angle(drawn, angle):
    fig, ax = drawn
    ax.text(0.7, 0.1, "the first of two", rotation=angle)
    assert faults(fig) == []
    ax.text(0.705, 0.11, "the second of two", rotation=angle)
    only(fig, "text over text: ")


def test_slanted_labels_side_by_side_do_not_overlap(drawn):
    fig, ax = drawn
    ax.set_xticks(np.linspace(0, 1, 9), [f"a long label {i}" for i in range(9)], rotation=60, ha="right")
    assert faults(fig) == []
    ax.tick_params(axis="x", rotation=0)
    only(fig, "text over text: ")


def test_text_beyond_the_edge_is_found(drawn):
    drawn[0].text(0.97, 0.5, "goes on beyond")
    only(drawn[0], "text beyond the edge: 'goes on beyond'")


@pytest.mark.parametrize("mark", ["line", "points", "bar"])
def test_a_legend_over_marks_is_found(drawn, mark):
    fig, ax = drawn
    if mark == "line":
        ax.plot([0, 1], [0.9, 0.9], color="C0")
    elif mark == "points":
        ax.scatter([0.05], [0.95], color="C0")
    else:
        ax.bar([0.05], [1], width=0.1, color="C0")
        ax.set(xlim=(0, 1), ylim=(0, 1))
    only(fig, "a legend over marks: ['rises', 'rises less']")


def test_more_than_six_colors_are_too_many_and_grays_are_none(drawn):
    fig, ax = drawn
    for i, color in enumerate(["#D55E00", "#009E73", "#CC79A7", "#56B4E9", "0.5", "black"]):
        ax.plot([0.9, 1], [0.1 * i, 0.1 * i], color=color)
    assert faults(fig) == []
    ax.plot([0.9, 1], [0.05, 0.05], color="#FF0000")
    only(fig, "7 colors")


def test_what_is_not_shown_is_no_fault(drawn):
    fig, ax = drawn
    ax.text(0.5, 0.5, "hidden", fontsize=3).set_visible(False)
    ax.plot([0, 1], [0.9, 0.9], visible=False)
    assert faults(fig) == []
