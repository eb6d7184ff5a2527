"""Each peer is an estimator of scikit-learn, by its own checks; what is excused, and why, is in `EXCUSED`."""

import re
from functools import partial
from types import FunctionType

import jax
import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator, estimator_checks_generator
from small import SMALL

import memgen_lite as mg
from memgen_lite.peers.associative_memory import AssociativeMemory
from memgen_lite.peers.patch_denoiser import PatchDenoiser

DENSE = ("gaussian", "gmm", "kde", "pca_gaussian")
CLASSIFIERS = ("bottleneck", "memgen_classifier")
EVERY = [*mg.peers.all_peers(), *CLASSIFIERS, "associative_memory", "completion", "masked_autoencoder", "infomax"]

_SQUARE = "rows are square pictures unless `shape` says another one, and the check has rows of 1, 2, 3, 5 or 10 numbers"
_OF_ANY_ROWS = (  # checks that fit rows of any width and value
    "check_array_api_input",
    "check_dict_unchanged",
    "check_dont_overwrite_parameters",
    "check_dtype_object",
    "check_estimators_dtypes",
    "check_estimators_fit_returns_self",
    "check_estimators_nan_inf",
    "check_estimators_overwrite_params",
    "check_estimators_pickle",
    "check_f_contiguous_array_estimator",
    "check_fit2d_1feature",
    "check_fit2d_predict1d",
    "check_fit_check_is_fitted",
    "check_fit_idempotent",
    "check_fit_score_takes_y",
    "check_methods_sample_order_invariance",
    "check_methods_subset_invariance",
    "check_n_features_in",
    "check_pipeline_consistency",
    "check_readonly_memmap_input",
)
EXCUSED = {  # peer -> check of scikit-learn -> why it fails
    "patch_denoiser": dict.fromkeys(_OF_ANY_ROWS, _SQUARE),
    "associative_memory": dict.fromkeys(
        (*_OF_ANY_ROWS, "check_n_features_in_after_fitting", "check_positive_only_tag_during_fit"),
        "rows are of two values, and the checks have rows of any",
    ),
}
SKIPPED = {  # what scikit-learn leaves out by itself, and why
    "check_array_api_input": "it runs only where SCIPY_ARRAY_API is set, as `make test` does",
    "check_pipeline_consistency": "the bottleneck's tag says that two predictions differ: a code is drawn for each",
}

WITHOUT_A_FIT = (
    "check_complex_data",
    "check_do_not_raise_errors_in_init_or_set_params",
    "check_estimator_repr",
    "check_estimator_sparse_tag",
    "check_estimator_tags_renamed",
    "check_estimators_unfitted",
    "check_fit1d",
    "check_get_params_invariance",
    "check_no_attributes_set_in_init",
    "check_parameters_default_constructible",
    "check_set_params",
    "check_valid_tag_types",
)


@pytest.fixture(autouse=True)
def quick_compiler():
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)


class Strips(PatchDenoiser):
    """It takes rows of any length as pictures one pixel high, so that no check stops at their shape."""

    def _fit(self, X, rng):
        self.shape, said = (1, X.shape[1]), self.shape
        super()._fit(X, rng)
        self.shape = said


class Signs(AssociativeMemory):
    """It takes rows of any numbers for their signs, so that no check stops at their values."""

    def _checked(self, X, y=None, **more):
        return np.where(super()._checked(X, y, **more) > 0, 1.0, -1.0)


def checked(model, excused=None):
    """Of scikit-learn's checks those that ran, those that failed as was said, and those that were left out."""
    results = check_estimator(model, expected_failed_checks=excused, on_skip=None)
    named = [{one["check_name"] for one in results if one["status"] == status} for status in ("xfail", "skipped")]
    return {one["check_name"] for one in results}, *named


def code(name):
    """What a check can see of a peer: its methods, but for its settings, and how it draws."""
    kind = type(mg.peers.peer(name))
    ours = {name for base in kind.__mro__ if base.__module__.startswith(mg.__name__) for name in vars(base)}
    ours = {name for name in ours if not name.startswith("__annotate")}  # from Python 3.14 on, of a class with some
    methods = {name: getattr(kind, name) for name in ours - {"__init__", "_generate"}}
    return frozenset((name, method) for name, method in methods.items() if isinstance(method, FunctionType))


_FIRST = {code(name): name for name in reversed(EVERY)}  # of peers that are one to a check, the first


@pytest.mark.parametrize("name", sorted(_FIRST.values(), key=EVERY.index))
def test_scikit_learn_finds_nothing_wrong_that_is_not_excused(name):
    """Four of them take some ten seconds each: their networks are compiled for every number of columns."""
    # Of a classifier one check wants 83 per cent right.
    learning = {"rounds": 1000, "learning_rate": 0.03} if name == "bottleneck" else {}
    ran, failed, left_out = checked(mg.peers.peer(name, **SMALL.get(name, {}) | learning), EXCUSED.get(name))
    assert len(ran) >= 35
    assert failed == (ran & set(EXCUSED.get(name, ()))) - left_out
    assert left_out <= set(SKIPPED)


@pytest.mark.parametrize("name", sorted(set(EVERY) - set(_FIRST.values())))
def test_the_settings_of_the_others_are_as_scikit_learn_wants_them(name):
    asked = 0
    for model, check in estimator_checks_generator(mg.peers.peer(name)):
        if check.func.__name__ in WITHOUT_A_FIT:
            check(model)
            asked += 1
    assert asked >= len(WITHOUT_A_FIT) - 2  # two came with scikit-learn 1.7


def test_peers_with_the_same_code_are_the_gans_and_the_plain_autoencoders():
    assert set(_FIRST.values()) == set(EVERY) - {"wgan_clip", "wgan_gp", "wgan_div", "gan_qp", "vae_fixed_gamma", "vae"}


def test_a_patch_denoiser_passes_every_check_where_its_rows_are_pictures_of_any_shape():
    ran, failed, left_out = checked(Strips(window=1))
    assert len(ran) >= 35 and not failed and left_out <= set(SKIPPED)


@pytest.mark.parametrize("power", [2, 3])
def test_an_associative_memory_passes_every_check_where_its_rows_are_signs(power):
    ran, failed, left_out = checked(Signs(power=power))
    assert len(ran) >= 35 and not failed and left_out <= set(SKIPPED)


def frame(n=40, columns=("a", "b", "c", "d")):
    return pd.DataFrame(np.random.default_rng(0).normal(size=(n, len(columns))), columns=list(columns))


def rows(name, X):
    """Rows as this peer takes them."""
    return np.sign(X) if name == "associative_memory" else X


def use(name):
    """Every question that a fitted peer answers about rows."""
    model = mg.peers.peer(name, **SMALL.get(name, {}), random_state=0)
    if name in CLASSIFIERS:
        return model, [
            getattr(model, method) for method in ("predict", "predict_proba", "bits") if hasattr(model, method)
        ]
    if hasattr(model, "complete"):
        return model, [partial(model.complete, mask=np.array([True, True, False, False]))]
    methods = ("score_samples", "score", "retrieve", "energy", "sources", "transform")
    asked = [getattr(model, method, None) for method in methods]
    asked += [partial(getattr(model, method), sigma=1.0) for method in ("denoise", "weights") if hasattr(model, method)]
    return model, [question for question in asked if question]


ASKED = [name for name in EVERY if use(name)[1]]
LABELS = np.arange(40) % 2
BAD = {
    "nothing": (None, "must be a collection of examples .*, got NoneType"),
    "one row": (np.zeros(4), "must be 2-D .*got shape (4,). Reshape your data"),
    "pictures": (np.zeros((5, 2, 2)), "must be 2-D .*got shape (5, 2, 2)"),
    "no rows": (np.zeros((0, 4)), "must have a row at least, got 0"),
    "no columns": (np.zeros((5, 0)), "must have columns"),
    "ragged rows": ([[1, 2, 3, 4], [1]], "must be 2-D .*got rows that differ in shape"),
    "a generator of numbers": (iter(range(4)), "must be 2-D .*got shape"),
    "a dict": ({"a": [1, 2], "b": [3, 4]}, "must be an ordered collection"),
    "other columns": (np.zeros((5, 3)), "X has 3 features, but \\w+ is expecting 4 features as input"),
    "text": ([["1", "2", "3", "4"]], "must hold real numbers"),
    "text in a frame": (frame(5).astype(str), "must hold real numbers: .*text"),
    "text and numbers": (frame(5).assign(b="7"), "must hold real numbers: .*text"),
    "complex numbers": (np.zeros((5, 4)) + 1j, "must hold real numbers: Complex data not supported"),
    "times": (np.zeros((5, 4), dtype="M8[s]"), "must hold real numbers: got dtype datetime64"),
    "objects": (np.array([[{}, 1, 2, 3]], dtype=object), "must hold real numbers: .* not 'dict'"),
    "missing": (np.where(np.eye(4) == 1, np.nan, 0.0), "must be finite; not so: row 0 column 0 (NaN)"),
    "missing in a frame": (
        frame(5).mask(np.eye(5, 4) == 1).astype("Float64"),
        "must be finite; not so: row 0 column 0 (NaN)",
    ),
    "infinite": (np.where(np.eye(4) == 1, -np.inf, 0.0), "must be finite; not so: row 0 column 0 (-inf)"),
    "masked": (np.ma.masked_equal(np.eye(4), 1), "must be a plain array, got a masked one"),
    "sparse": (sparse.csr_array(np.eye(4)), "must be dense, as sparse data is not supported"),
}


@pytest.mark.parametrize("name", ASKED)
def test_questions_about_rows_that_are_none_name_the_argument_and_what_was_given(name):
    model, questions = use(name)
    model.fit(rows(name, frame().to_numpy()), LABELS)
    for title, (given, said) in BAD.items():
        for ask in questions:
            with pytest.raises((ValueError, TypeError)) as told:
                ask(given)
            pattern = said.replace("(", r"\(").replace(")", r"\)").replace("[", r"\[")
            assert re.match(f"(X|x) {pattern.removeprefix('X ')}", str(told.value), re.S), (title, str(told.value))


@pytest.mark.parametrize("name", ASKED)
def test_an_unfitted_one_says_so_to_every_question(name):
    for ask in use(name)[1]:
        with pytest.raises(NotFittedError, match="is not fitted yet: call fit"):
            ask(np.zeros((2, 4)))


@pytest.mark.parametrize("name", ASKED)
def test_columns_of_a_frame_are_known_by_name_and_order(name):
    model, questions = use(name)
    X = rows(name, frame())
    model.fit(X, LABELS)
    assert model.feature_names_in_.tolist() == list(X)
    for ask in questions:
        assert np.shape(ask(X)) == np.shape(ask(X))
        with pytest.raises(ValueError, match="Feature names must be in the same order"):
            ask(X[["b", "a", "c", "d"]])
        with pytest.raises(ValueError, match="Feature names unseen at fit time:\n- z"):
            ask(X.rename(columns={"a": "z"}))
    model.fit(X.to_numpy(), LABELS)
    assert not hasattr(model, "feature_names_in_")


def test_names_of_columns_are_saved_and_kept_with_the_fit(tmp_path, monkeypatch):
    monkeypatch.setenv("MEMGEN_CACHE", str(tmp_path))
    X = frame()
    kde = mg.peers.peer("kde", random_state=0).fit(X)
    kde.save(tmp_path / "kde")
    with pytest.raises(ValueError, match="same order"):
        mg.peers.load(tmp_path / "kde").score(X[["b", "a", "c", "d"]])
    for given in (X, X.to_numpy(), X.rename(columns={"a": "z"}), X):
        found = mg.peers.fitted(mg.peers.peer("kde", random_state=0), given)
        assert list(getattr(found, "feature_names_in_", [])) == list(getattr(given, "columns", []))
    assert len(list((tmp_path / "peers").iterdir())) == 3


@pytest.mark.parametrize("X", [frame().astype("Float64"), frame().astype(object), frame().to_numpy().tolist()])
def test_numbers_are_learned_however_they_are_held(X):
    plain = mg.peers.peer("gaussian").fit(frame())
    np.testing.assert_array_equal(mg.peers.peer("gaussian").fit(X).covariance_, plain.covariance_)


@pytest.mark.parametrize("name", DENSE)
def test_the_score_is_the_mean_log_density_and_what_cross_validation_takes(name):
    X = frame(60)
    model = mg.peers.peer(name, **SMALL.get(name, {}), random_state=0)
    assert model.fit(X).score(X) == pytest.approx(model.score_samples(X).mean())
    whole = make_pipeline(StandardScaler(), clone(model)).fit(X)
    assert np.isfinite(whole.score(X))
    assert model.__sklearn_tags__().estimator_type == "density_estimator"


def test_a_grid_search_finds_the_width_and_the_number_of_components_of_a_known_law():
    """Six normal laws far apart, 300 rows, one seed: of components 1, 6 and 20, and of widths .01, .5 and 50."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(300, 2)) + 20 * rng.integers(0, 6, size=(300, 1)) * [1, -1]
    search = GridSearchCV(mg.peers.peer("gmm", random_state=0), {"n_components": [1, 6, 20]}, cv=3).fit(X)
    assert search.best_params_ == {"n_components": 6} and np.isfinite(search.cv_results_["mean_test_score"]).all()
    search = GridSearchCV(mg.peers.peer("kde"), {"bandwidth": [0.01, 0.5, 50.0, None]}, cv=3).fit(X)
    assert search.best_params_["bandwidth"] in (0.5, None)
    assert search.best_estimator_.sample(3, random_state=0).shape == (3, 2)


def test_the_density_of_constant_rows_is_a_point():
    X = np.full((5, 3), 2.0)
    for name in ("gaussian", "pca_gaussian"):
        model = mg.peers.peer(name).fit(X)
        assert model.score_samples([[2.0, 2.0, 2.0], [2.0, 2.0, 3.0]]).tolist() == [0.0, -np.inf]
