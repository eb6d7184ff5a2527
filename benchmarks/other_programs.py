"""What other programs say of the same arrays, each in a few lines, and why it is not what we say.

`conformance.py` compares, and `metrics.py` times some of them. Importing this module needs none of them.
"""

import contextlib
import io

import numpy as np

import memgen_lite as mg
from memgen_lite.metrics.transport import unit_vectors

D = 8


def inputs():
    """The arrays: input -> train, held_out, generated."""
    rng = np.random.default_rng(0)
    mix, shift = np.eye(D) + 0.4 * rng.normal(size=(D, D)), rng.normal(size=D)

    def law(rows):
        return rng.normal(size=(rows, D)) @ mix + shift

    train, held_out = law(1000), law(1000)
    model = mg.MemGEN(random_state=0).fit(train)
    constant = np.repeat(train[:1], 1000, axis=0)
    return {
        "honest": (train, held_out, law(1000)),
        "MemGEN-U": (train, held_out, model.sample(1000)),
        "MemGEN-P": (train, held_out, model.sample(1000, replace=False)),
        "honest, 250 held out and 500 generated": (train, law(250), law(500)),
        "fewer rows than features": tuple(rng.normal(size=(3, 40, 64))),
        "one row 1,000 times": (constant, held_out, constant.copy()),
    }


EQUAL = ("honest", "MemGEN-U", "MemGEN-P")
UNEQUAL = "honest, 250 held out and 500 generated"
SINGULAR = "fewer rows than features"
CONSTANT = "one row 1,000 times"
COMPARISONS = []

MIFID = {
    "honest": (
        "defect",
        "The penalty is the mean over training rows of the nearest generated row's cosine distance; the paper's is the "
        "mean over generated rows of the nearest training row's.",
    ),
    "MemGEN-U": (
        "defect",
        "Every generated row is a copy, so the paper's penalty is 0 and the score has no bound; the training rows that "
        "were never drawn hide that, as the mean is taken over them.",
    ),
    "MemGEN-P": (
        "defect",
        "A Fréchet distance of at most 1e-8 is returned as 0 before the penalty is applied: the exact copy gets the "
        "best score there is.",
    ),
}
SUBSET = {
    UNEQUAL: (
        "convention",
        "It takes as many rows of each sample as the smaller one has, drawn at random; ours takes all pairs.",
    )
}
REFUSAL = {UNEQUAL: ("convention", "It refuses fewer rows than the subsets' size, 1,000 by default.")}
DRAWS = {
    "": (
        "convention",
        "Each draws its own 100 subsets; on one subset of all rows the two give one number (mmd_poly, above).",
    )
}
U_STATISTIC = {
    "": (
        "convention",
        "The U-statistic leaves out the pairs of rows with the same index too, so that it changes with the order of "
        "rows: a copy in the same order gets 0, and a shuffled one does not.",
    )
}
MAXIMUM = {
    "": (
        "convention",
        "It takes the largest of the random directions; ours climbs on from the best, and ends higher.",
    )
}
ROOT = {"": ("convention", "SciPy takes the square root; the square of its number is ours.")}
EMPTY_BALL = {
    CONSTANT: (
        "defect",
        "The k-th nearest row is at distance 0, and no distance is below 0: a perfect copy scores 0 in all four. Ours "
        "says that such a ball holds what is equal to its center.",
    )
}
TIES = {
    "MemGEN-U": (
        "convention",
        "A row drawn twice has several nearest rows, at distance 0: scikit-learn returns one of them, ours counts each "
        "by its share.",
    )
}
RANGES = {
    "": (
        "defect",
        "Each table of real rows is measured in units of its own ranges, so that the one with the longer ranges looks "
        "nearer to all; in common units the honest share is near 1/2 (example).",
    ),
    UNEQUAL: (
        "convention",
        "Both shares grow with the training set, to N/(N + H) = .8 for an honest sample, and here each table's own "
        "ranges come on top; but its score, twice the rest, reads that as overfitting (example).",
    ),
}


def beside(program, *metrics, on=EQUAL, column=None, differs=None, **options):
    """Register a function (train, held_out, generated) to the program's number, or to a dict with one for each metric.

    `differs` says of an input, or of "" for all others, why the numbers are not equal: a verdict and a sentence.
    `column` compares one feature alone.
    """

    def register(function):
        COMPARISONS.append((program, metrics, on, column, differs or {}, options, function))
        return function

    return register


def ours(metric, arrays, column=None, options=None):
    """Our number for three arrays, or for one column of them."""
    train, held_out, made = arrays if column is None else (X[:, [column]] for X in arrays)
    return mg.metrics.compute(metric, train=train, held_out=held_out, generated=made, **(options or {}))


# What the other programs say --------------------------------------------------------------------------------


@beside("scipy", "frechet", on=(*EQUAL, UNEQUAL, SINGULAR))
def _(train, held_out, made):
    from scipy.linalg import sqrtm

    a, b = np.cov(train.T), np.cov(made.T)
    gap = train.mean(axis=0) - made.mean(axis=0)
    return gap @ gap + np.trace(a + b) - 2 * np.trace(sqrtm(a @ b)).real


@beside("clean-fid", "frechet", on=(*EQUAL, UNEQUAL, SINGULAR))
def _(train, held_out, made):
    from cleanfid.fid import fid_from_feats

    return fid_from_feats(train, made)


@beside("torch-fidelity", "frechet", on=(*EQUAL, UNEQUAL, SINGULAR))
def _(train, held_out, made):
    import torch
    from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric

    moments = [fid_features_to_statistics(torch.from_numpy(X)) for X in (train, made)]
    return fid_statistics_to_metric(*moments, verbose=False)["frechet_inception_distance"]


def torchmetric(name, module, train, made, **options):
    import torch

    identity = torch.nn.Identity()
    identity.num_features = train.shape[1]
    score = getattr(module, name)(feature=identity, **options).set_dtype(torch.float64)
    score.update(torch.from_numpy(train), real=True)
    score.update(torch.from_numpy(made), real=False)
    return score.compute()


@beside("torchmetrics", "frechet", on=(*EQUAL, UNEQUAL, SINGULAR))
def _(train, held_out, made):
    from torchmetrics.image import fid

    return torchmetric("FrechetInceptionDistance", fid, train, made).item()


@beside("torchmetrics", "mifid", differs=MIFID)
def _(train, held_out, made):
    from torchmetrics.image import mifid

    return torchmetric("MemorizationInformedFrechetInceptionDistance", mifid, train, made).item()


@beside("torchmetrics", "mmd_poly")
def _(train, held_out, made):
    from torchmetrics.image import kid

    return torchmetric("KernelInceptionDistance", kid, train, made, subsets=1, subset_size=1000)[0].item()


@beside("clean-fid", "mmd_poly", on=(*EQUAL, UNEQUAL), differs=SUBSET)
def _(train, held_out, made):
    from cleanfid.fid import kernel_distance

    np.random.seed(0)  # noqa: NPY002 - it draws from this one
    return kernel_distance(train, made, num_subsets=1, max_subset_size=1000)


def torch_fidelity_kid(train, made, **options):
    import torch
    from torch_fidelity.metric_kid import kid_features_to_metric

    features = [torch.from_numpy(X) for X in (train, made)]
    return kid_features_to_metric(*features, verbose=False, **options)["kernel_inception_distance_mean"]


@beside("torch-fidelity", "mmd_poly", on=(*EQUAL, UNEQUAL), differs=REFUSAL)
def _(train, held_out, made):
    try:
        return torch_fidelity_kid(train, made, kid_subsets=1)
    except ValueError:  # what it raises for fewer rows than a subset has
        return None


@beside("torch-fidelity", "mmd_poly", on=("MemGEN-P",), differs=U_STATISTIC)
def _(train, held_out, made):
    from torch_fidelity.metric_kid import kernel_poly, mmd2

    options = {"kid_kernel_poly_degree": 3, "kid_kernel_poly_gamma": None, "kid_kernel_poly_coef0": 1}
    pairs = ((train, train), (train, made), (made, made))
    return mmd2(*(kernel_poly(a, b, **options) for a, b in pairs), mmd_est="u-statistic")


@beside("clean-fid", "kid", on=("honest",), differs=DRAWS, subset_size=250)
def _(train, held_out, made):
    from cleanfid.fid import kernel_distance

    np.random.seed(0)  # noqa: NPY002 - it draws from this one
    return kernel_distance(train, made, num_subsets=100, max_subset_size=250)


@beside("torch-fidelity", "kid", on=("honest",), differs=DRAWS, subset_size=250)
def _(train, held_out, made):
    return torch_fidelity_kid(train, made, kid_subsets=100, kid_subset_size=250)


@beside("torch-fidelity", "mmd_rbf", bandwidth=10)
def _(train, held_out, made):
    return torch_fidelity_kid(train, made, kid_subsets=1, kid_kernel="rbf", kid_kernel_rbf_sigma=10)


@beside("scikit-learn", "mmd_rbf", on=(*EQUAL, UNEQUAL), bandwidth=2)
def _(train, held_out, made):
    from sklearn.metrics.pairwise import rbf_kernel

    xx, yy, xy = (rbf_kernel(a, b, gamma=1 / 8) for a, b in ((train, train), (made, made), (train, made)))
    within = [(K.sum() - np.trace(K)) / (len(K) * (len(K) - 1)) for K in (xx, yy)]
    return sum(within) - 2 * xy.mean()


@beside("pot", "sliced_wasserstein", on=(*EQUAL, UNEQUAL))
def _(train, held_out, made):
    from ot import sliced_wasserstein_distance

    directions = unit_vectors(500, train.shape[1], np.random.default_rng(0))
    return sliced_wasserstein_distance(train, made, projections=directions.T)


@beside("pot", "max_sliced_wasserstein", differs=MAXIMUM)
def _(train, held_out, made):
    from ot import max_sliced_wasserstein_distance

    return max_sliced_wasserstein_distance(train, made, n_projections=500, seed=0)


@beside("pot", "wasserstein", on=(*EQUAL, UNEQUAL))
def _(train, held_out, made):
    import ot

    return ot.emd2([], [], ot.dist(train, made, metric="euclidean"))


@beside("scipy", "wasserstein", on=(*EQUAL, UNEQUAL), column=0)
def _(train, held_out, made):
    from scipy.stats import wasserstein_distance

    return wasserstein_distance(train.ravel(), made.ravel())


@beside("scipy", "energy", on=(*EQUAL, UNEQUAL), column=0, differs=ROOT)
def _(train, held_out, made):
    from scipy.stats import energy_distance

    return energy_distance(train.ravel(), made.ravel())


@beside("prdc", "precision", "recall", "density", "coverage", on=(*EQUAL, UNEQUAL, CONSTANT), differs=EMPTY_BALL)
def prdc(train, held_out, made):
    from prdc import compute_prdc

    with contextlib.redirect_stdout(io.StringIO()):
        return compute_prdc(real_features=train, fake_features=made, nearest_k=5)


@beside("torch-fidelity", "precision", "recall", on=(*EQUAL, CONSTANT), k=3)
def _(train, held_out, made):
    import torch
    from torch_fidelity.metric_prc import prc_features_to_metric

    return prc_features_to_metric(torch.from_numpy(made), torch.from_numpy(train), verbose=False)


@beside("scikit-learn", "authenticity")
def _(train, held_out, made):
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=1).fit(train)
    distance, index = search.kneighbors(made)
    own, _ = search.kneighbors()
    return np.mean(distance[:, 0] > own[index[:, 0], 0])


@beside("scikit-learn", "nn_accuracy", differs=TIES)
def _(train, held_out, made):
    from sklearn.neighbors import NearestNeighbors

    y = np.repeat([0, 1], [len(train), len(made)])
    _, index = NearestNeighbors(n_neighbors=1).fit(np.concatenate([train, made])).kneighbors()
    return np.mean(y[index[:, 0]] == y)


@beside("scikit-learn", "membership_auc", on=(*EQUAL, UNEQUAL))
def _(train, held_out, made):
    from sklearn.metrics import roc_auc_score
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=1).fit(made)
    distances = [search.kneighbors(X)[0][:, 0] for X in (train, held_out)]
    return roc_auc_score(np.repeat([1, 0], [len(train), len(held_out)]), -np.concatenate(distances))


@beside("scipy", "c_t", on=(*EQUAL, UNEQUAL), cells=1)
def _(train, held_out, made):
    from scipy.spatial import KDTree
    from scipy.stats import mannwhitneyu

    search, n, m = KDTree(train), len(held_out), len(made)
    above = mannwhitneyu(search.query(made)[0], search.query(held_out)[0]).statistic
    return (above - n * m / 2) / np.sqrt(n * m * (n + m + 1) / 12)


def tables(*arrays):
    import pandas as pd

    columns = [f"x{i}" for i in range(arrays[0].shape[1])]
    metadata = {"tables": {"table": {"columns": {name: {"sdtype": "numerical"} for name in columns}}}}
    return [pd.DataFrame(X, columns=columns) for X in arrays], metadata


def dcr(train, held_out, made, **options):
    from sdmetrics.single_table import DCROverfittingProtection

    np.random.seed(0)  # noqa: NPY002 - it draws from this one
    frames, metadata = tables(train, made, held_out)
    return DCROverfittingProtection.compute_breakdown(*frames, metadata, "table", **options)


@beside("sdmetrics", "dcr_share", on=(*EQUAL, UNEQUAL), differs=RANGES)
def _(train, held_out, made):
    return dcr(train, held_out, made)["synthetic_data_percentages"]["closer_to_training"]


@beside("sdmetrics", "identical_share")
def _(train, held_out, made):
    from sdmetrics.single_table import NewRowSynthesis

    frames, metadata = tables(train, made)
    return 1 - NewRowSynthesis.compute(*frames, {"columns": metadata["tables"]["table"]["columns"]})


# Three lines that show a defect -----------------------------------------------------------------------

EXAMPLES = [
    {
        "name": "A smaller sample hides the copies",
        "program": "sdmetrics",
        "code": """from sdmetrics.single_table import DCROverfittingProtection as Protection
for rows in (1000, 500, 100, 50):
    score = Protection.compute(train, memgen_u, held_out, metadata, "table", num_rows_subsample=rows, num_iterations=5)
    print(rows, round(score, 3))""",
        "why": "All 1,000 generated rows are copies, and of all rows the score says so: 0. The option for large tables "
        "draws from the training rows too, and a copy whose original was not drawn is judged innocent.",
    },
    {
        "name": "One odd row held out acquits a copier",
        "program": "sdmetrics",
        "code": """from sdmetrics.single_table import DCROverfittingProtection as Protection
near_copies, odd = train + 0.01, held_out.copy()
odd.iloc[0] = 1000.0
print(Protection.compute(train, near_copies, held_out, metadata, "table"))
print(Protection.compute(train, near_copies, odd, metadata, "table"))""",
        "why": "Distances to each table are divided by that table's own ranges. One row far away makes all distances "
        "to the held-out rows small.",
    },
    {
        "name": "Of the same rows, in common units, the honest share is near one half",
        "program": "sdmetrics",
        "code": """from sdmetrics.single_table import DCROverfittingProtection as Protection
corners = pd.concat([train, held_out]).agg(["min", "max"])
for tables in ((train, held_out), (pd.concat([train, corners]), pd.concat([held_out, corners]))):
    found = Protection.compute_breakdown(tables[0], honest, tables[1], metadata, "table")
    print(found["synthetic_data_percentages"]["closer_to_training"])""",
        "why": "The two corners of all rows, added to both tables, give both the same ranges and are themselves "
        "nearest to nothing.",
    },
    {
        "name": "An honest sample is called overfitted where fewer rows are held out",
        "program": "sdmetrics",
        "code": """from sdmetrics.single_table import DCROverfittingProtection as Protection
for rows in (1000, 500, 250):
    print(rows, round(Protection.compute(train, honest, held_out[:rows], metadata, "table"), 3))""",
        "why": "The score, from 0 to 1, is meant to be 1 without overfitting. Of 1,000 training rows and 250 held out "
        "four in five of all fresh rows are nearest to a training row.",
    },
    {
        "name": "The exact copy has the best score",
        "program": "torchmetrics",
        "code": """import torch
from torchmetrics.image.mifid import MemorizationInformedFrechetInceptionDistance as MiFID
for made in (honest, memgen_u, memgen_p):
    score = MiFID(feature=torch.nn.Identity())
    for X, real in ((train, True), (made, False)):
        score.update(torch.tensor(X.to_numpy()), real=real)
    print(round(score.compute().item(), 3))""",
        "why": "Lower is better, and the score exists to punish copies. A distance of at most 1e-8 is returned as 0, "
        "before it is divided by the penalty.",
    },
    {
        "name": "A perfect copy scores 0",
        "program": "prdc",
        "code": """from prdc import compute_prdc
same = np.ones((100, 8))
print(compute_prdc(same, same, nearest_k=5))""",
        "why": "All distances are 0, and 0 is not below 0.",
    },
    {
        "name": "A squared distance below 0",
        "program": "clean-fid",
        "code": """from cleanfid.fid import fid_from_feats
few = np.random.default_rng(0).normal(size=(40, 64))
print(f"{fid_from_feats(few, few[::-1]):.0e}, ours {mg.metrics.frechet(few, None, few[::-1]):.0e}")""",
        "why": "Of a singular covariance the matrix square root has half the digits, and the rounding is summed over "
        "its null space; ours are the singular values of a product of factors.",
    },
]
