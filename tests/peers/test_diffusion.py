"""The closed forms of diffusion and retrieval: the theorem, copies bit for bit, windows between noise and memory."""

import numpy as np
import pytest

import memgen_lite as mg
from memgen_lite.peers.diffusion_sampler import attend, collapse_noise, heun, noise_levels
from memgen_lite.peers.hopfield import Hopfield
from memgen_lite.peers.optimal_denoiser import OptimalDenoiser
from memgen_lite.peers.patch_denoiser import PatchDenoiser
from memgen_lite.peers.trained_denoiser import Denoiser

pytestmark = pytest.mark.training


def digits(n=60):
    rows = np.asarray(mg.data.digits().train, dtype=float).reshape(-1, 64)
    return rows[:n]


def is_copy(samples, rows):
    return np.array([(rows == sample).all(axis=1).any() for sample in samples])


def test_the_optimal_denoiser_is_the_score_of_the_noisy_data():
    """Tweedie: D(x, s) = x + s^2 grad log p_s(x), by automatic differentiation in double precision, to 1e-10."""
    import jax
    import jax.numpy as jnp

    rng = np.random.default_rng(0)
    X, x = rng.normal(size=(40, 5)), rng.normal(size=(8, 5))
    model = OptimalDenoiser().fit(X)
    for sigma in (0.1, 0.5, 2.0):
        with jax.enable_x64(True):

            def log_density(point, sigma=sigma):
                return jax.nn.logsumexp(-((point - jnp.asarray(X)) ** 2).sum(1) / (2 * sigma**2))

            score = np.asarray(jax.vmap(jax.grad(log_density))(jnp.asarray(x)))
        np.testing.assert_allclose(model.denoise(x, sigma), x + sigma**2 * score, atol=1e-10)


def test_the_guess_is_the_mean_of_the_training_rows_given_the_noisy_one():
    """By Bayes' rule in full, for 3 training rows: what minimizes a squared error."""
    X = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 2.0]])
    model = OptimalDenoiser().fit(X)
    x = np.random.default_rng(1).normal(size=(50, 2))
    w = model.weights(x, 0.7)
    assert np.allclose(w.sum(axis=1), 1)
    posterior = np.exp(-((x[:, None] - X) ** 2).sum(-1) / (2 * 0.7**2))
    np.testing.assert_allclose(w, posterior / posterior.sum(axis=1, keepdims=True), atol=1e-12)
    np.testing.assert_allclose(model.denoise(x, 0.7), w @ X, atol=1e-12)


def test_following_the_optimal_denoiser_ends_on_training_rows_bit_for_bit():
    X = digits()
    samples = OptimalDenoiser(random_state=0).fit(X).sample(50)
    assert is_copy(samples, X).all()
    assert len(np.unique(samples, axis=0)) > 15


def test_heun_solves_the_flow_of_a_normal_law_to_second_order():
    """For N(0, 1), D(x, s) = x / (1 + s^2), and the flow takes x at s to x / sqrt(1 + s^2) at 0."""
    x = np.array([[30.0], [-80.0]])
    errors = []
    for steps in (18, 36, 72):
        end = heun(lambda x, s: x / (1 + s * s), x, noise_levels(steps))
        errors.append(np.abs(end - x / np.sqrt(1 + 80.0**2)).max())
    assert errors[0] / errors[1] > 3 and errors[1] / errors[2] > 3  # 4 in the limit
    assert errors[2] < 0.005
    trace = []
    heun(lambda x, s: x / (1 + s * s), x, noise_levels(5), trace)
    assert len(trace) == 5


@pytest.mark.parametrize(("shape", "channels"), [((5, 5), 1), ((4, 6), 1), ((4, 3, 3), 3)])
def test_a_window_of_the_whole_image_is_the_optimal_denoiser_and_one_pixel_is_a_law_of_pixels(shape, channels):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(12, int(np.prod(shape))))
    x = rng.normal(size=(3, X.shape[1]))
    whole = PatchDenoiser(window=max(shape[:2]), shape=shape).fit(X)
    np.testing.assert_allclose(whole.denoise(x, 0.8), OptimalDenoiser().fit(X).denoise(x, 0.8), atol=1e-12)
    one = PatchDenoiser(window=1, shape=shape).fit(X).denoise(x, 0.8)
    pixels = X.reshape(-1, channels)
    scores = -((x.reshape(-1, 1, channels) - pixels) ** 2).sum(-1) / (2 * 0.8**2)
    np.testing.assert_allclose(one.reshape(-1, channels), attend(scores, pixels), atol=1e-12)


def slow_patch(X, x, sigma, window):
    """By the definition, pixel by pixel, for square gray images."""
    side = round(X.shape[1] ** 0.5)
    images, guess = X.reshape(-1, side, side), np.empty((len(x), side, side))
    before, last = window // 2, side - window

    def corner(i):
        return min(max(i - before, 0), last)

    for number, image in enumerate(x.reshape(-1, side, side)):
        for i in range(side):
            for j in range(side):
                a, b = corner(i), corner(j)
                places = [(p, q) for p in range(side) for q in range(side)]
                same = [(p, q) for p, q in places if (p - corner(p), q - corner(q)) == (i - a, j - b)]
                seen, middle = [], []
                for one in images:
                    for p, q in same:
                        c, d = corner(p), corner(q)
                        seen.append(one[c : c + window, d : d + window])
                        middle.append(one[p, q])
                gap = ((np.array(seen) - image[a : a + window, b : b + window]) ** 2).sum((1, 2))
                weight = np.exp(-(gap - gap.min()) / (2 * sigma**2))
                guess[number, i, j] = weight @ middle / weight.sum()
    return guess.reshape(len(x), -1)


@pytest.mark.parametrize("window", [1, 2, 3, 4])
def test_patches_are_those_of_the_definition_pixel_by_pixel(window):
    rng = np.random.default_rng(window)
    X = rng.integers(3, size=(5, 25)).astype(float)  # with windows that occur often
    x = rng.normal(size=(2, 25))
    np.testing.assert_allclose(
        PatchDenoiser(window=window).fit(X).denoise(x, 0.6), slow_patch(X, x, 0.6, window), atol=1e-10
    )


def test_small_windows_make_new_images_of_known_patches_and_large_ones_copies():
    X = digits(40)
    shares = [is_copy(PatchDenoiser(window=window, random_state=0).fit(X).sample(12), X).mean() for window in (3, 8)]
    assert shares == [0, 1]


def pieces(sources):
    """(image, down, across) for each pixel of (height, width, 3) sources."""
    return sources - np.stack(np.broadcast_arrays(0, *np.indices(sources.shape[:2])), axis=-1)


def test_every_pixel_of_a_sample_is_the_training_pixel_named_for_it_and_its_window_fits_best_there():
    X, side, window = digits(30), 8, 3
    model = PatchDenoiser(window=window, random_state=1).fit(X)
    samples, images = model.sample(6), X.reshape(-1, side, side)
    sources = model.sources(samples)
    assert sources.shape == (6, side, side, 3)
    np.testing.assert_array_equal(images[tuple(np.moveaxis(sources, -1, 0))], samples.reshape(-1, side, side))

    def cut(image, i, j):
        a, b = (min(max(place - window // 2, 0), side - window) for place in (i, j))
        return image[a : a + window, b : b + window]

    middles = list(np.ndindex(6, 6))  # the pixels whose window needs no push
    every = {value: [] for value in np.unique(X)}
    for image in images:
        for i, j in middles:
            every[image[i + 1, j + 1]].append(cut(image, i + 1, j + 1))
    for sample, source in zip(samples.reshape(-1, side, side), sources, strict=True):
        for i, j in middles:
            own, (image, row, column) = cut(sample, i + 1, j + 1), source[i + 1, j + 1]
            gaps = ((np.array(every[sample[i + 1, j + 1]]) - own) ** 2).sum((1, 2))
            assert ((cut(images[image], row, column) - own) ** 2).sum() == gaps.min()


def test_a_copy_is_one_piece_a_collage_of_two_has_two_and_a_moved_piece_is_found_where_it_was():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(9, 6, 4, 3))
    collage = np.concatenate([X[2, :3], X[7, 3:]])
    moved = np.concatenate([X[4, 3:], X[4, :3]])
    model = PatchDenoiser(window=1, shape=(6, 4, 3)).fit(X.reshape(9, -1))
    found = [
        pieces(source).reshape(2, -1, 3) for source in model.sources([X[5].ravel(), collage.ravel(), moved.ravel()])
    ]
    expected = [[(5, 0, 0), (5, 0, 0)], [(2, 0, 0), (7, 0, 0)], [(4, 3, 0), (4, -3, 0)]]
    for halves, piece in zip(found, expected, strict=True):
        assert (halves == np.array(piece)[:, None]).all()


def test_where_a_pixel_has_a_choice_it_goes_to_the_larger_piece():
    X = np.array([[0, 0, 0, 1.0], [0, 0, 2, 3], [0, 5, 6, 7]])  # 2 x 2
    sources = PatchDenoiser(window=1).fit(X).sources([[0, 5, 2, 3]])
    assert sources[0, ..., 0].tolist() == [[1, 2], [1, 1]]


@pytest.mark.parametrize(("n", "d"), [(2, 1), (900, 64), (10**6, 3), (10**12, 2)])
def test_collapse_noise_of_a_round_cloud_is_the_published_formula(n, d):
    """t_C = log(1 + v / (n^(2/d) - 1)) / 2 in a time whose noise is s^2 = e^2t - 1."""
    v = 2.5
    time = np.log(1 + v / (n ** (2 / d) - 1)) / 2
    assert collapse_noise(n, np.full(d, v)) == pytest.approx(np.sqrt(np.expm1(2 * time)), rel=1e-10)


def test_collapse_noise_lets_through_as_much_as_names_a_row_and_leaves_out_what_does_not_vary():
    variances = np.array([9.0, 1.0, 0.01, 0.0])
    s = collapse_noise(50, variances)
    assert np.log(1 + variances / s**2).sum() / 2 == pytest.approx(np.log(50), rel=1e-12)
    assert collapse_noise(50, variances[:3]) == pytest.approx(s, rel=1e-12)
    assert collapse_noise(50, 4 * variances) == pytest.approx(2 * s, rel=1e-12)


def test_below_the_collapse_a_noisy_row_tells_where_it_is_from_and_above_it_does_not():
    """400 rows in 200 dimensions, at half and twice the noise of the edge: the right row's mean weight, on 100 rows."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(400, 200))
    edge, model, weight = collapse_noise(400, np.ones(200)), OptimalDenoiser().fit(X), {}
    for share in (0.5, 2.0):
        w = model.weights(X[:100] + share * edge * rng.normal(size=(100, 200)), share * edge)
        weight[share] = w[np.arange(100), np.arange(100)].mean()
    assert weight[0.5] > 0.9 and weight[2.0] < 0.1


def test_retrieval_is_denoising_where_keys_have_one_length():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30, 4))
    X -= X.mean(axis=0)
    X = np.vstack([X, -X])  # of mean 0, so that the keys are the rows scaled to one length
    X /= np.linalg.norm(X, axis=1, keepdims=True)
    q = rng.normal(size=(6, 4))
    q /= np.linalg.norm(q, axis=1, keepdims=True)
    memory = Hopfield(beta=9.0, steps=0).fit(X)
    np.testing.assert_allclose(memory.retrieve(q), OptimalDenoiser().fit(X).denoise(q, 1 / 3), atol=1e-10)


def test_beta_runs_from_the_mean_of_all_to_single_rows():
    X = digits(100)
    mean = Hopfield(beta=0.0, random_state=0).fit(X).sample(5)
    np.testing.assert_allclose(mean, np.tile(X.mean(axis=0), (5, 1)))
    assert is_copy(Hopfield(beta=1e5, random_state=0).fit(X).sample(20), X).all()
    shown = X[:7] + np.random.default_rng(0).normal(size=(7, 64)) * X.std() / 5
    np.testing.assert_allclose(Hopfield(beta=1e4).fit(X).retrieve(shown), X[:7], atol=1e-9)


def test_a_trained_denoiser_comes_near_the_optimal_one_where_it_has_room():
    """40 rows in the plane, 1,500 rounds, at noise of .7: the guess of a constant misses the best one by .6 or so."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 2))
    x = X[rng.integers(40, size=300)] + 0.7 * rng.normal(size=(300, 2))
    trained = Denoiser(rounds=1500, width=64, random_state=0).fit(X)
    best = OptimalDenoiser().fit(X).denoise(x, 0.7)
    missed = np.sqrt(((trained.denoise(x, 0.7) - best) ** 2).mean())
    assert missed < 0.2 * np.sqrt(((X.mean(axis=0) - best) ** 2).mean())


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: noise_levels(1), "steps must be 2 or more"),
        (lambda: PatchDenoiser().fit(np.eye(5)), "shape must be .* with 5 numbers in all, got \\(2, 2\\)"),
        (lambda: PatchDenoiser(window=9).fit(np.eye(64)), "window must be from 1 to 8, got 9"),
        (
            lambda: OptimalDenoiser().fit(np.eye(3)).denoise(np.eye(2), 1.0),
            "X has 2 features, but \\w+ is expecting 3 features",
        ),
        (
            lambda: OptimalDenoiser().fit(np.eye(3)).weights(np.eye(2), 1.0),
            "X has 2 features, but \\w+ is expecting 3 features",
        ),
        (
            lambda: Denoiser(rounds=1).fit(np.eye(3)).denoise(np.ones(3), 1.0),
            "x must be 2-D \\(rows, features\\), got shape \\(3,\\)",
        ),
        (lambda: OptimalDenoiser().fit(np.eye(3)).denoise(np.eye(3), 0.0), "sigma must be above 0"),
        (
            lambda: PatchDenoiser(window=2).fit(np.eye(4)).sources(np.eye(2)),
            "X has 2 features, but \\w+ is expecting 4 features",
        ),
        (lambda: collapse_noise(9, [1.0, -1.0]), "variances must be numbers, 0 or more and not all 0"),
        (lambda: collapse_noise(9, [0.0]), "variances must be numbers"),
        (lambda: collapse_noise(1, [1.0]), "n must be above 1, got 1"),
        (lambda: Hopfield(beta=-1).fit(np.eye(3)), "beta must be 0 or more"),
        (lambda: Hopfield().fit(np.eye(3)).retrieve(np.eye(2)), "X has 2 features, but \\w+ is expecting 3 features"),
    ],
)
def test_errors_say_what_is_wrong(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_constant_data_give_the_constant():
    X = np.tile([1.0, 2.0, 3.0, 4.0], (6, 1))
    for model in (OptimalDenoiser(random_state=0), PatchDenoiser(window=2, random_state=0)):
        np.testing.assert_array_equal(model.fit(X).sample(4), X[:4])
