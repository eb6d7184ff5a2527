import numpy as np
import pytest
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


def test_frames_with_ears_stand_around_the_marked_images_only():
    ax = Figure().subplots()
    plots.images(ax, np.zeros((5, 10, 10, 3), np.uint8), columns=3, pad=4)
    plots.eared_frames(ax, [False, True, False, False, True], 10, columns=3, pad=4)
    assert [np.ptp(patch.get_xy()[:, 0]) for patch in ax.patches] == [10, 10]
    assert [tuple(patch.get_xy()[0]) for patch in ax.patches] == [(13.5, 9.5), (13.5, 23.5)]  # bottom left corners
    ears = [patch.get_xy()[:, 1].min() for patch in ax.patches]
    assert np.allclose(ears, [-0.5 - 3.2, 13.5 - 3.2])
    assert ax.get_ylim()[1] <= min(ears)


def test_gaps_between_color_images_are_white_for_any_integers():
    canvas, _ = shown(np.zeros((2, 2, 2, 3), dtype=np.int64), columns=2)
    assert (canvas[:, 2] == 255).all()


def test_a_grid_has_at_least_one_column():
    with pytest.raises(ValueError, match="columns must be 1 or more, got 0"):
        shown(np.zeros((2, 2, 2)), columns=0)
