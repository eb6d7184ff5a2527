import time

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from memgen_lite import plots


def shown(pictures, **settings):
    """The canvas that `images` hands to Matplotlib, and the axes."""
    ax = Figure().subplots()
    assert plots.images(ax, pictures, **settings) is ax
    return np.asarray(ax.get_images()[0].get_array()), ax


@pytest.mark.parametrize("pad", [0, 1, 4])
@pytest.mark.parametrize("columns", [None, 1, 2, 5, 7])
def test_images_stand_in_reading_order_with_gaps_between(columns, pad):
    pictures = np.arange(1, 5 * 6 + 1).reshape(5, 2, 3)
    canvas, ax = shown(pictures, columns=columns, pad=pad)
    across = columns or 3
    rows = -(-5 // across)
    assert canvas.shape == (rows * (2 + pad) - pad, across * (3 + pad) - pad)
    expected = np.full(canvas.shape, 1)  # the least of all is white in a scale where ink is much
    for i, picture in enumerate(pictures):
        top, left = i // across * (2 + pad), i % across * (3 + pad)
        expected[top : top + 2, left : left + 3] = picture
    assert (canvas == expected).all()
    assert ax.get_images()[0].get_cmap().name == "gray_r"
    assert not ax.axison


def test_colors_are_shown_as_they_are_on_white():
    pictures = np.random.default_rng(0).integers(255, size=(2, 2, 2, 3), dtype=np.uint8)
    canvas, _ = shown(pictures, columns=2)
    assert canvas.dtype == np.uint8
    assert (canvas[:, :2] == pictures[0]).all()
    assert (canvas[:, 3:] == pictures[1]).all()
    assert (canvas[:, 2] == 255).all()
    shares, _ = shown(pictures / 255, columns=2)
    assert (shares[:, 2] == 1).all()


def test_between_transparent_images_there_is_nothing():
    canvas, _ = shown(np.full((3, 2, 2, 4), 200, dtype=np.uint8), columns=2)
    assert (canvas[:2, :2] == 200).all()
    assert (canvas[2, :, 3] == 0).all()
    assert (canvas[3:, 3:, 3] == 0).all()


def test_a_frame_stands_around_each_image_that_has_a_color():
    _, ax = shown(np.zeros((4, 3, 2)), columns=2, pad=1, edges=["red", None, "", "blue"])
    boxes = [(patch.get_x(), patch.get_y(), patch.get_width(), patch.get_height()) for patch in ax.patches]
    assert boxes == [(-0.5, -0.5, 2, 3), (2.5, 3.5, 2, 3)]
    assert [patch.get_edgecolor()[:3] for patch in ax.patches] == [(1, 0, 0), (0, 0, 1)]
    assert not any(patch.get_fill() for patch in ax.patches)


@pytest.mark.parametrize("shape", [(0, 2, 2), (2, 2), (4,), (1, 2, 2, 3, 1)])
def test_what_is_no_pile_of_images_is_refused(shape):
    with pytest.raises(ValueError, match=r"pictures must be \(n, h, w\) or \(n, h, w, channels\) with n > 0, got"):
        plots.images(Figure().subplots(), np.zeros(shape))


@pytest.mark.parametrize("pictures", [np.zeros((2, 3, 3, 2)), np.zeros((2, 0, 3)), np.full((2, 3, 3), "a"), [[[None]]]])
def test_pictures_without_pixels_or_with_odd_channels_are_refused(pictures):
    with pytest.raises(
        ValueError, match="pictures must be numbers, of a pixel or more each, with 1, 3 or 4 channels or"
    ):
        plots.images(Figure().subplots(), pictures)


def test_frames_with_ears_stand_around_the_marked_images_only():
    ax = Figure().subplots()
    plots.images(ax, np.zeros((5, 10, 10, 3), np.uint8), columns=3, pad=4)
    plots.eared_frames(ax, [False, True, False, False, True], 10, columns=3, pad=4)
    corners = [path.vertices for path in ax.collections[0].get_paths()]
    assert [np.ptp(frame[:, 0]) for frame in corners] == [10, 10]
    assert [tuple(frame[0]) for frame in corners] == [(13.5, 9.5), (13.5, 23.5)]  # bottom left corners
    ears = [frame[:, 1].min() for frame in corners]
    assert np.allclose(ears, [-0.5 - 3.2, 13.5 - 3.2])
    assert ax.get_ylim()[1] <= min(ears)
    assert not plots.eared_frames(Figure().subplots(), [False], 10, columns=1, pad=4).collections[0].get_paths()


def test_gaps_between_color_images_are_white_for_any_integers():
    canvas, _ = shown(np.zeros((2, 2, 2, 3), dtype=np.int64), columns=2)
    assert (canvas[:, 2] == 255).all()


def test_a_grid_has_at_least_one_column():
    with pytest.raises(ValueError, match="columns must be 1 or more, got 0"):
        shown(np.zeros((2, 2, 2)), columns=0)
    with pytest.raises(TypeError, match=r"columns must be a whole number, 1 or more, got 1\.5"):
        shown(np.zeros((2, 2, 2)), columns=1.5)
    with pytest.raises(ValueError, match="pad must be 0 or more, got -1"):
        shown(np.zeros((2, 2, 2)), pad=-1)


def test_marks_lie_on_the_strips_where_the_honest_scale_puts_them_and_at_its_end_when_beyond():
    ax = plots.strips(Figure().subplots(), ["a", "b", "c", "d"], [[-1, 0, 1]] * 4)
    before = len(ax.collections)
    assert plots.on_strips(ax, [np.sinh(2), 1e9, -1e9, np.nan], [0, 1, -1, np.nan]) is ax
    spots = np.concatenate([marks.get_offsets() for marks in ax.collections[before:]])
    end = np.arcsinh(30)
    assert sorted(map(tuple, np.round(spots, 6).tolist())) == sorted(
        [(2, 0), (round(end, 6), 1), (round(-end, 6), 2), (0, 3)]
    )
    assert [line.get_xdata().tolist() for line in ax.lines] == [[np.arcsinh(x)] * 4 for x in (-1, 0, 1)]
    assert "−30" in [label.get_text() for label in ax.get_xticklabels()]


def test_a_mosaic_has_a_color_for_each_source_and_a_white_line_where_its_pieces_meet():
    places = np.stack(np.broadcast_arrays(0, *np.indices((2, 3))), axis=-1)
    copy, mixed = places.copy(), places.copy()
    mixed[:, 2] += (1, 0, 0)  # the last column from the same place of another source
    colors = np.array([[0.2, 0.4, 0.6], [0.8, 0.1, 0.3]])
    ax = Figure().subplots()
    plots.mosaics(ax, [copy, mixed], colors, columns=2, pad=1, scale=4)
    drawn = ax.images[0].get_array()
    assert drawn.shape == (8, 28, 3)
    assert (drawn[:, :12] == colors[0]).all() and (drawn[:, 12:16] == 1).all()
    assert (drawn[:, 16:23] == colors[0]).all() and (drawn[:, 23] == 1).all() and (drawn[:, 24:] == colors[1]).all()
    moved = places[:, ::-1]  # the same source, mirrored: no two pixels are neighbors as they were
    plots.mosaics(ax, [moved], colors, scale=4)
    drawn = ax.images[1].get_array()
    assert (drawn[:, [3, 7]] == 1).all() and (drawn[:3, [0, 1, 2, 4, 8]] == colors[0]).all()


def test_costs_that_grow_in_proportion_run_along_the_gray_lines():
    sizes = np.array([1.0, 10, 100])
    ax = plots.growth(Figure().subplots(), {"N": (sizes, 3 * sizes), "d": (sizes, sizes**2)}, xlabel="x", ylabel="y")
    first, second, *gray = ax.lines
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["N", "d"]
    np.testing.assert_array_equal(first.get_ydata(), 3 * sizes)
    assert first.get_marker() != second.get_marker() and ax.get_xscale() == ax.get_yscale() == "log"
    assert len(gray) >= 3
    for line in gray:
        x, y = line.get_data()
        assert np.log(y[1] / y[0]) / np.log(x[1] / x[0]) == pytest.approx(1)
    with pytest.raises(ValueError, match="curves must be 6 at most, got 7"):
        plots.growth(ax, dict.fromkeys("abcdefg", (sizes, sizes)), xlabel="x", ylabel="y")


def test_what_is_of_a_wrong_kind_is_a_type_error_that_names_it_and_keeps_its_cause():
    with pytest.raises(TypeError, match=r"strips can't draw ax=None, names=\['a'\]") as caught:
        plots.strips(None, ["a"], [[0.0]])
    assert isinstance(caught.value.__cause__, AttributeError)
    with pytest.raises(TypeError, match=r"growth can't draw .* curves=3, .*: .*'int'"):
        plots.growth(Figure().subplots(), 3, xlabel="x", ylabel="y")
    with pytest.raises(ValueError, match=r"on_strips can't draw .* places=\['far'\], found=\[0\]: could not convert"):
        plots.on_strips(Figure().subplots(), ["far"], [0])


def test_a_call_that_lacks_an_argument_fails_as_that_of_any_function():
    with pytest.raises(TypeError, match=r"^missing a required .*argument: 'pictures'$"):
        plots.images(Figure().subplots())


@pytest.mark.parametrize("name", [name for name in plots.__all__ if callable(getattr(plots, name))])
def test_every_drawing_names_its_arguments(name):
    assert getattr(plots, name).__wrapped__.__name__ == name


@pytest.mark.parametrize("words", ["word " * 20_000, "x" * 100_000], ids=["words", "one word"])
def test_labels_of_100_000_characters_are_cut_and_drawn_at_once(words):
    start = time.perf_counter()
    ax = plots.growth(Figure().subplots(), {words: ([1, 10], [1, 10])}, xlabel=words, ylabel="y")
    strips = plots.strips(Figure().subplots(), [words, "b"], np.zeros((2, 3)))
    for one in (ax, strips):
        FigureCanvasAgg(one.figure).draw()
    drawn = [ax.get_xlabel(), ax.get_legend().get_texts()[0].get_text(), strips.get_yticklabels()[0].get_text()]
    assert drawn == [f"{words[:119]}…"] * 3
    assert time.perf_counter() - start < 5  # uncut they take a minute


def test_an_error_shows_the_beginning_of_what_is_long():
    with pytest.raises(TypeError, match="growth can't draw") as caught:
        plots.growth("ax" * 50_000, {"a": ([1], [1])}, xlabel="x" * 100_000, ylabel="y")
    assert len(str(caught.value)) < 500
