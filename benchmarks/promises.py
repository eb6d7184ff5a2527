"""What the audit may never do, and what it must say: a simulation for each promise, on laws that no test uses.

A simulation is a function of a random generator that returns what came out, by name. PROMISES has, for each: the
number of the promise, what is handed in, the function, how often it is drawn, and what is promised of each number.
"""

import warnings
from decimal import Decimal
from functools import partial

import numpy as np
import pandas as pd
import scipy

import memgen_lite as mg
from memgen_lite.auditing.checks import ALIKE
from memgen_lite.auditing.contrast import contrast
from memgen_lite.auditing.exact import exact_control
from memgen_lite.auditing.measure import measure
from memgen_lite.auditing.nearness import nearness
from memgen_lite.evaluation.nearer import nearer_to_train
from memgen_lite.evaluation.words import NEARER

LEVEL, RELABELINGS = 0.05, 199


def _families(rng, n, size=3, spread=0.05):
    centers = rng.normal(size=(-(-n // size), 4))
    return rng.permutation(np.repeat(centers, size, axis=0)[:n] + spread * rng.normal(size=(n, 4)))


def _sphere(rng, n):
    X = rng.normal(size=(n, 10))
    return X / np.linalg.norm(X, axis=1, keepdims=True)


def _circle(rng, n):
    turn = 2 * np.pi * rng.random(n)
    return np.stack([np.cos(turn), np.sin(turn)], axis=1) + 0.01 * rng.normal(size=(n, 2))


def _one_hot(rng, n):
    level = np.minimum(rng.geometric(0.4, size=n) - 1, 7)
    return np.column_stack([rng.normal(size=(n, 2)), np.eye(8)[level], rng.random(n) < 0.1])


LAWS = {
    "normal, d = 1": lambda rng, n: rng.normal(size=(n, 1)),
    "normal, d = 5": lambda rng, n: rng.normal(size=(n, 5)),
    "normal, d = 30": lambda rng, n: rng.normal(size=(n, 30)),
    "normal, d = 60": lambda rng, n: rng.normal(size=(n, 60)),
    "Student t with 2 degrees, d = 3": lambda rng, n: rng.standard_t(2, size=(n, 3)),
    "Cauchy, d = 2": lambda rng, n: rng.standard_cauchy(size=(n, 2)),
    "lognormal, d = 5": lambda rng, n: np.exp(1.5 * rng.normal(size=(n, 5))),
    "Pareto, d = 2": lambda rng, n: rng.pareto(1.2, size=(n, 2)),
    "scale mixture, d = 4": lambda rng, n: rng.normal(size=(n, 4)) * np.exp(2 * rng.normal(size=(n, 1))),
    "ten clusters, d = 5": lambda rng, n: 4 * np.eye(10)[rng.integers(10, size=n)][:, :5] + rng.normal(size=(n, 5)),
    "sphere, d = 10": _sphere,
    "noisy circle": _circle,
    "exponential, d = 8": lambda rng, n: rng.exponential(size=(n, 8)),
    "uniform cube, d = 3": lambda rng, n: rng.random((n, 3)),
    "grid of 12 x 12": lambda rng, n: rng.integers(12, size=(n, 2)).astype(float),
    "grid of 3^10": lambda rng, n: rng.integers(3, size=(n, 10)).astype(float),
    "one decimal, d = 2": lambda rng, n: np.round(rng.normal(size=(n, 2)), 1),
    "sparse counts, d = 12": lambda rng, n: rng.poisson(0.3, size=(n, 12)).astype(float),
    "Zipf, d = 2": lambda rng, n: np.minimum(rng.zipf(1.6, size=(n, 2)), 10**6).astype(float),
    "numbers beside levels": _one_hot,
    "each value three times": lambda rng, n: rng.permutation(np.repeat(rng.normal(size=(-(-n // 3), 4)), 3, 0)[:n]),
    "families of near-duplicates": _families,
}


def _word(found):
    return found.verdict.partition(":")[0].partition(" ")[0]


def _accused(found):
    return _word(found) in ("Copies", "Leans")


def _told(found, words):
    return any(words in line for line in found.warnings)


def _audit(rng, T, H, G, **options):
    return mg.audit(T, H, G, n_relabelings=RELABELINGS, random_state=rng, **options)


def _refusal(error):
    """False, for what accuses nobody: where held-out has only values of few that stand in train too."""
    if "every row of held_out is a row of train" not in str(error):
        raise error
    return False


def of_groups(rng, ratio, spread, d=6, groups=40):
    """1.1: groups of ratio rows in train and of one held out."""
    centers = rng.normal(size=(2 * groups, d))
    number = np.concatenate([np.repeat(np.arange(groups), ratio), np.arange(groups, 2 * groups)])
    X = centers[number] + spread * rng.normal(size=(len(number), d))
    G = rng.normal(size=(120, d)) * np.sqrt(1 + spread**2)
    n = groups * ratio
    found = measure(X[:n], X[n:], G, groups=number, n_relabelings=RELABELINGS, rng=rng)
    return {"p <= .05": found.walk.p_value <= LEVEL, "rows named": len(found.copies) > 0}


def of_uneven_groups(rng, d=4, groups=60):
    """1.1: sizes by chance, larger in train."""
    sizes = 1 + np.concatenate([rng.poisson(5, size=groups), rng.poisson(1, size=groups)])
    number = np.repeat(np.arange(2 * groups), sizes)
    X = rng.standard_t(4, size=(2 * groups, d))[number] + 0.3 * rng.normal(size=(len(number), d))
    n = sizes[:groups].sum()
    G = rng.standard_t(4, size=(120, d)) + 0.3 * rng.normal(size=(120, d))
    found = measure(X[:n], X[n:], G, groups=number, n_relabelings=RELABELINGS, rng=rng)
    return {"p <= .05": found.walk.p_value <= LEVEL, "rows named": len(found.copies) > 0}


def of_precision(rng, law, coarse):
    """1.2: frames of one decimal, one sample of them in single precision."""
    names = ("train", "held_out", "generated")
    frames = [pd.DataFrame(np.round(law(rng, n), 1)).add_prefix("x") for n in (150, 60, 60)]
    frames = [X.astype("float32") if name in coarse else X for X, name in zip(frames, names, strict=True)]
    try:
        found = _audit(rng, *frames)
    except ValueError as error:
        return dict.fromkeys(SIZE, _refusal(error))
    return {"p <= .05": found.p_value <= LEVEL, "rows named": len(found.copies) > 0}


def _decimals(X):
    return X.map(lambda value: Decimal(f"{value:.1f}"))


HELD = {
    "as Decimal": lambda X: _decimals(X.round(1)),
    "as nullable floats of single precision": lambda X: X.round(1).astype("Float32"),
    "rounded to .1, where others are not": lambda X: X.round(1),
    "as whole tenths beyond 2^24, where others are of single precision": lambda X: (10 * X).round().astype(int) + 2**26,
}


def of_holding(rng, law, how, roles):
    """1.2: frames of which some samples are held otherwise than the others."""
    names = ("train", "held_out", "generated")
    frames = []
    for name, n in zip(names, (150, 60, 60), strict=True):
        X = pd.DataFrame(law(rng, n)).add_prefix("x")
        if name in roles:
            X = HELD[how](X)
        elif "tenths" in how:
            X = ((10 * X).round() + 2**26).astype("float32")
        elif "rounded" not in how:
            X = X.round(1)
        frames.append(X)
    found = _audit(rng, *frames)
    return {
        "p <= .05": found.p_value <= LEVEL,
        "rows named": len(found.copies) > 0,
        "exact matches p <= .05": found.exact_control["p_value"] <= LEVEL,
    }


def of_units(rng, copies):
    """1.3: the same instants in three units of time, and labels as text, as categories and with a blank before."""
    units = ("s", "ms", "ns")
    start = np.datetime64("2020-01-01", "s")

    def frame(n, unit):
        time = start + rng.integers(0, 3 * 10**7, size=n).astype("timedelta64[s]")
        return pd.DataFrame({"when": time.astype(f"datetime64[{unit}]"), "city": rng.choice(list("ABCDE"), size=n)})

    T, H, G = (frame(n, unit) for n, unit in zip((150, 100, 100), units, strict=True))
    if copies:
        G.loc[:39, "when"], G.loc[:39, "city"] = T["when"][:40].astype("datetime64[ns]"), T["city"][:40]
    H["city"] = H["city"].astype("category")
    found = _audit(rng, T, H, G)
    if copies:
        return {"copied rows found": np.isin(np.arange(40), found.exact_matches["train_row"]).mean()}
    return {"p <= .05": found.p_value <= LEVEL, "rows named": len(found.copies) > 0}


def cleared(rng, law):
    """1.4: held-out rows that stand in train were taken out."""
    X = law(rng, 400)
    T, H = X[:200], X[200:]
    H = H[~(H[:, None] == T).all(axis=2).any(axis=1)]
    found = _audit(rng, T, H, law(rng, 150))
    return {"accused": _accused(found), "told": _told(found, "cleared of rows of the other")}


def _missing(rng, n, law, where, depends):
    """A table of two numbers and two categories, with a quarter of the values lost in some columns."""
    X = law(rng, n)[:, :2]
    level = np.minimum(rng.geometric(0.4, size=(n, 2)) - 1, 5)
    frame = pd.DataFrame({"a": X[:, 0], "b": X[:, 1]})
    frame["c"], frame["d"] = np.array(list("uvwxyz"))[level].T
    value = {"a": X[:, 0], "b": X[:, 1], "c": level[:, 0], "d": level[:, 1]}
    for name in where:
        odds = 1.0 + depends * 4.0 * (value[name] > np.median(value[name]))  # what is large is lost five times as often
        frame.loc[rng.random(n) < 0.25 * odds / (1 + 2 * depends), name] = None
    return frame


def of_missing(rng, law, where="abcd", depends=True, generated="abcd", copies=0):
    """Values that are missing, by lot or where they are large; generated rows may lose none."""
    T, H = (_missing(rng, n, law, where, depends) for n in (120, 90))
    G = _missing(rng, 100, law, generated, depends)
    source = rng.choice(120, size=copies, replace=False)
    G.iloc[:copies] = T.iloc[source]
    found = _audit(rng, T, H, G)
    named = {*found.copies["train_row"]}
    if copies:
        return {
            "false share of rows named": len(named - {*source.tolist()}) / max(len(named), 1),
            "rows found": len(named),
        }
    return {"accused": _accused(found), "p <= .05": found.p_value <= LEVEL, "rows named": len(named) > 0}


def _labels(rng, X):
    return rng.integers(6, size=len(X))


def _layer(rng, X):
    """The hidden layer of a network that has learned labels by heart."""
    from sklearn.neural_network import MLPClassifier

    net = MLPClassifier((64,), alpha=1e-6, max_iter=150, learning_rate_init=0.01, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it has not converged
        net.fit(X, _labels(rng, X))
    return lambda rows: np.maximum(rows @ net.coefs_[0] + net.intercepts_[0], 0)


def _discriminants(rng, X, **options):
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    return LinearDiscriminantAnalysis(**options).fit(X, _labels(rng, X)).transform


def _scaled(rng, X):
    from sklearn.preprocessing import StandardScaler

    return lambda rows: StandardScaler().fit_transform(rows)


def _components(rng, X):
    from sklearn.decomposition import PCA

    return PCA(4).fit(X).transform


def of_features(rng, law, fit, to="train", copies=0, n=150):
    """1.5: features that were fitted to the training rows, or honestly: to all rows, or to others."""
    T, H, G = law(rng, n), law(rng, n), law(rng, n)
    G[:copies] = T[:copies]
    fitted = {"train": T, "train and held-out": np.concatenate([T, H]), "other rows": law(rng, n)}
    found = _audit(rng, T, H, G, features=fit(rng, fitted[to]))
    return {
        "accused": _accused(found),
        "told": found.broken is not None,
        "p <= .05": found.p_value <= LEVEL,
        "rows named": len(found.listed) > 0,
    }


def of_moved_copies(rng, law, share, jitter):
    """1.6: the interval is for the share whose source is the nearest row of all."""
    T, H, G = (law(rng, 200) for _ in range(3))
    source = np.where(rng.random(200) < share, rng.integers(200, size=200), -1)
    moved = source >= 0
    G[moved] = T[source[moved]] + jitter * rng.normal(size=(moved.sum(), T.shape[1]))
    found = measure(T, H, G, n_relabelings=RELABELINGS, rng=rng)
    nearest, (low, high) = np.mean(found.near.row == source), found.walk.dose_interval
    return {
        "interval covers": low - 1e-12 <= nearest <= high + 1e-12,
        "dose less that share": found.walk.dose - nearest,
    }


def of_three_recited(rng, law):
    """1.7, 1.14: three rows recited often, or none; exact matches and their control."""
    T, H, G = (law(rng, 150) for _ in range(3))
    recited = G.copy()
    recited[:45] = T[rng.integers(3, size=45)]
    found = _audit(rng, T, H, recited)
    return {"told": f"{len(found.exact_matches):,} training rows were generated exactly" in repr(found)}


def of_exact_control(rng, values):
    """1.14: blind draws of few values."""
    law = rng.dirichlet(np.full(values, 0.5))
    same = {role: rng.choice(values, size=n, p=law) for role, n in (("train", 90), ("held_out", 50), ("generated", 60))}
    return {"p <= .05": exact_control(same)["p_value"] <= LEVEL}


def of_levels(rng, law, sizes, copies, jitter):
    """1.8: the false share of what is listed, over the level it is listed at."""
    T, H, G = law(rng, sizes[0]), law(rng, sizes[1]), law(rng, 200)
    source = rng.choice(len(T), size=copies, replace=False)
    G[:copies] = T[source] + jitter * rng.normal(size=(copies, T.shape[1]))
    found = measure(T, H, G, n_relabelings=RELABELINGS, rng=rng)
    listed = {copy["train_row"] for copy in found.copies or found.suspects}
    named = {copy["train_row"] for copy in found.copies}
    false, wrong = (len(rows - set(source.tolist())) / max(len(rows), 1) for rows in (listed, named))
    over = false / found.walk.level if listed else 0.0
    return {"false share / level": over, "false share of rows named": wrong, "rows listed": len(listed)}


def of_ties(rng, d):
    """1.9: every generated row is as near to all rows."""
    found = _audit(rng, np.eye(d)[: d // 2], np.eye(d)[d // 2 :], np.zeros((30, d)))
    return {"can't tell": found.verdict.startswith("Can't tell: every generated row is as near")}


def of_held_out(rng, law, jitter, most):
    """1.10: the dose with 40 held-out rows, read off where 40, and where `most`, are held out."""
    T, G = law(rng, 200), law(rng, 200)
    copied = rng.random(200) < 0.4
    G[copied] = T[rng.integers(200, size=copied.sum())] + jitter * rng.normal(size=(copied.sum(), T.shape[1]))
    H = law(rng, most)
    few, many = (measure(T, H[:k], G, n_relabelings=19, rng=rng) for k in (40, most))
    return {"dose_at(40) moves by": many.dose_at(40) - few.dose_at(40), "dose moves by": many.walk.dose - few.walk.dose}


def of_law(rng, law):
    """1.11, 1.13: an honest split and a blind generator of one law, through the front door."""
    T, H = np.split(law(rng, 180), [100])
    try:
        found = _audit(rng, T, H, law(rng, 100))
    except ValueError as error:
        return dict.fromkeys(HONEST, _refusal(error))
    holds = found.assumptions.set_index("check")["holds"]
    return {
        "accused": _accused(found),
        "accused against p": _accused(found) and found.p_value > LEVEL,
        "rows named": len(found.copies) > 0,
        "asked about clusters": holds["no circles of near rows span the split"] is False,
        "sides told apart": holds[ALIKE] is False,
    }


def of_together(rng, law, what):
    """1.12: five generators on one split, or one on five splits of the same rows, audited together."""
    pool = law(rng, 120)
    splits = [(pool[order[:60]], pool[order[60:]]) for order in (rng.permutation(120) for _ in range(5))]
    if what == "generators":
        samples = {f"spread {w}": (*splits[0], law(rng, 60) * w) for w in (0.8, 0.9, 1, 1.1, 1.3)}
    else:
        G = law(rng, 60)
        samples = {f"split {i}": (*split, G) for i, split in enumerate(splits)}
    found = mg.audit_together(samples, n_relabelings=RELABELINGS, random_state=rng)
    p = [one.p_value for one in found.values()]
    return {
        "any of 5 accused": any(map(_accused, found.values())),
        "any of 5, uncorrected": min(p) <= LEVEL,
        "accused against p": any(_accused(one) and one.p_corrected > LEVEL for one in found.values()),
    }


def of_people(rng, kind):
    """1.13: persons of several visits, split by visits."""
    visits = 1 + rng.poisson(3, size=400)
    person = np.repeat(np.arange(400), visits)[:600]
    if kind == "a table":
        fixed = np.column_stack([rng.random(400) < 0.5, np.eye(5)[rng.integers(5, size=400)], rng.normal(size=400)])
        X = np.column_stack([fixed[person], (rng.normal(size=(400, 2)))[person] + 0.2 * rng.normal(size=(600, 2))])
    elif kind == "heavy tails":
        X = rng.standard_t(3, size=(400, 6))[person] + 0.15 * rng.normal(size=(600, 6))
    else:
        X = rng.normal(size=(400, 16))[person] + 0.4 * rng.normal(size=(600, 16))
    X = rng.permutation(X)
    found = _audit(rng, X[:300], X[300:], rng.normal(size=(200, X.shape[1])))
    return {"asked about clusters": _told(found, "as several rows of one person do"), "accused": _accused(found)}


def of_mild_copying(rng, law):
    """1.15: splits of a mild copier: is what is said the same from one to the next?"""
    T, H, G = law(rng, 250), law(rng, 250), law(rng, 250)
    G[:9] = T[:9] + 0.05 * rng.normal(size=(9, T.shape[1]))
    found = _audit(rng, T, H, G)
    return {"rows listed": bool(len(found.copies) or len(found.suspects)), "rows named at q": len(found.copies) > 0}


def of_documents(rng):
    """1.15: texts by document: does the check of held-out rows say the same for two seeds?"""
    split = mg.data.prose(random_state=int(rng.integers(8)))
    T, H, G = split.train[:400], split.held_out[:300], split.train[400:500]
    one, two = (mg.audit(T, H, G, n_relabelings=19, random_state=int(rng.integers(10**6))) for _ in range(2))
    return {"two seeds agree": one.assumptions["holds"][0] is two.assumptions["holds"][0]}


def of_nearest(rng, law, sizes):
    """The sentence of `evaluate`: its p-value, at the level that it is read at."""
    T, H, G = (law(rng, n) for n in sizes)
    return {"p <= .01": nearer_to_train(T, H, G, rng)["p_value"] <= NEARER}


def of_pages(rng):
    """1.16: does a page of a table of persons hold a name?"""
    from memgen_lite.auditing.page import document

    names = [f"Person{rng.integers(10**9)}" for _ in range(90)]
    found = _audit(rng, names[:40], names[40:80], names[:30] + names[80:])
    page = document(found)
    return {"names on the page": np.mean([name in page for name in names])}


def randomized_response(rng, pool, of_train, epsilon):
    """Each row's membership is told, with odds of e^epsilon for the truth: those told of are generated."""
    lies = rng.random(len(pool)) * (1 + np.exp(epsilon)) < 1
    return pool[of_train ^ lies]


def laplace_histogram(rng, pool, of_train, epsilon):
    """Each row's count is told with Laplace noise: the larger it is, the closer the row that is generated there."""
    count = of_train + rng.laplace(scale=1 / epsilon, size=len(pool))
    return pool + 0.1 / (1 + np.exp(count))[:, None] * rng.choice([-1, 1], size=pool.shape)


def of_epsilon(rng, mechanism, epsilon, share, coins=True, n=300):
    """3.3: the bound beside an epsilon that is known; rows fall to a side by coins, or in a fixed number."""
    pool = rng.normal(size=(n, 8))
    of_train = rng.random(n) < share if coins else rng.permutation(n) < share * n
    found = _audit(rng, pool[of_train], pool[~of_train], mechanism(rng, pool, of_train, epsilon))
    bound = found.epsilon_lower_bound()
    value = 0.0 if bound.reason else float(bound)
    return {"bound above the true epsilon": value > epsilon, "bound": value}


def collapsed(rng, m, points=10, d=6):
    return rng.normal(size=(points, d))[rng.integers(points, size=m)] + 0.05 * rng.normal(size=(m, d))


def of_two(rng, makers, sizes, copied=(0, 0), many=(200, 150), d=6):
    """compare: two generators of different quality, that are blind, or copy a share of the time."""
    T, H = (rng.normal(size=(size, d)) for size in sizes)
    generated = [make(rng, m) for make, m in zip(makers, many, strict=True)]
    for G, share in zip(generated, copied, strict=True):
        copies = rng.random(len(G)) < share
        G[copies] = T[rng.integers(len(T), size=copies.sum())] + 0.1 * rng.normal(size=(copies.sum(), d))
    near = nearness(T, H, np.concatenate(generated), rng=rng)
    found = contrast(near, np.arange(sum(many)) < many[0], sizes, n_relabelings=RELABELINGS, rng=rng)
    low, high = found.interval
    return {
        "p <= .05": 2 * min(found.p_values) <= LEVEL,
        "p of rows alone <= .05": 2 * min(found.rows) <= LEVEL,
        "interval covers": low <= copied[0] - copied[1] <= high,
    }


PROMISES = []
ENOUGH = 475  # repeats from which a share of 5 % has a standard error of .01
POOLED_ONLY = ("3.3", "compare")  # one law at a time these are told with fewer, and all laws together with thousands


def promise(number, given, draw, repeats, promised, **options):
    shares = any(bound and 0 < bound[1] < 1 / 2 for bound in promised.values())
    if shares and number not in POOLED_ONLY:
        repeats = max(repeats, ENOUGH)
    PROMISES.append((number, given, partial(draw, **options), repeats, promised))


SIZE = {"p <= .05": ("<=", LEVEL), "rows named": ("<=", 0.1)}
for ratio in (1, 3, 10, 20):
    for spread in (0, 0.1, 0.5, 1):
        what = f"groups of {ratio} in train and 1 held out, spread {spread}"
        promise("1.1", what, of_groups, 500, SIZE, ratio=ratio, spread=spread)
promise("1.1", "groups of uneven sizes, larger in train", of_uneven_groups, 500, SIZE)
for name in ("normal, d = 1", "exponential, d = 8", "lognormal, d = 5"):
    for coarse in (("held_out",), ("train",), ("held_out", "generated")):
        what = f"one decimal, {name}; in single precision: {', '.join(coarse)}"
        promise("1.2", what, of_precision, 100, SIZE, law=LAWS[name], coarse=coarse)
ALIKE_HELD = SIZE | {"exact matches p <= .05": ("<=", LEVEL)}
for how in HELD:
    for roles in (("held_out",), ("train", "generated")):
        what = f"{how}: {', '.join(roles)}; normal, d = 2"
        given = {"law": lambda rng, n: rng.normal(size=(n, 2)), "how": how, "roles": roles}
        promise("1.2", what, of_holding, 400, ALIKE_HELD, **given)
promise("1.3", "times in three units, labels in two types", of_units, 200, SIZE, copies=False)
promise("1.3", "the same, 40 rows copied", of_units, 20, {"copied rows found": (">=", 1.0)}, copies=True)
CLEARED = {"accused": ("<=", LEVEL), "told": (">=", 0.95)}
for name in ("grid of 12 x 12", "Zipf, d = 2", "sparse counts, d = 12", "each value three times"):
    promise("1.4", f"held-out cleared of what stands in train: {name}", cleared, 200, CLEARED, law=LAWS[name])
KNOWN = {"accused": ("<=", LEVEL), "told": (">=", 0.99), "p <= .05": None}
UNSEEN = {"accused": ("<=", LEVEL), "told": None, "p <= .05": None}  # such maps can't be told by their columns
SHRUNK = partial(_discriminants, solver="eigen", shrinkage=0.1)
for name, kind, fit, repeats, promised in (
    ("normal, d = 5", "features scaled on each sample", _scaled, 100, KNOWN),
    ("exponential, d = 8", "principal components fitted to train", _components, 100, KNOWN),
    ("exponential, d = 8", "discriminants fitted to train", _discriminants, 400, KNOWN),
    ("normal, d = 30", "discriminants fitted to train", _discriminants, 400, KNOWN),
    ("exponential, d = 8", "discriminants fitted to train, shrunk", SHRUNK, 400, UNSEEN),
    ("normal, d = 30", "discriminants fitted to train, shrunk", SHRUNK, 400, UNSEEN),
    ("normal, d = 30", "a network's layer fitted to train", _layer, 400, UNSEEN),
):
    promise("1.5", f"{kind}: {name}", of_features, repeats, promised, law=LAWS[name], fit=fit)
FAIR = {"accused": ("<=", LEVEL), "told": ("<=", LEVEL), "p <= .05": ("<=", LEVEL), "rows named": ("<=", 0.1)}
SEEN = {"accused": (">=", 0.95), "told": ("<=", LEVEL)}
for name, kind, fit, to in (
    ("normal, d = 5", "the first three columns, fitted to nothing", lambda rng, X: lambda rows: rows[:, :3], "train"),
    ("exponential, d = 8", "discriminants fitted to train and held-out", _discriminants, "train and held-out"),
    ("lognormal, d = 5", "principal components fitted to other rows", _components, "other rows"),
):
    given = {"law": LAWS[name], "fit": fit, "to": to}
    promise("1.5", f"{kind}: {name}", of_features, 400, FAIR, **given)
    promise("1.5", f"{kind}, 30 of 150 rows copied: {name}", of_features, 60, SEEN, copies=30, **given)
MOVED = {"normal, d = 5": 0.5, "Student t with 2 degrees, d = 3": 0.4, "lognormal, d = 5": 0.5, "sphere, d = 10": 0.2}
COVER = {"interval covers": (">=", 0.93), "dose less that share": None}
for name, jitter in MOVED.items():
    what = f"30 % copied, moved by {jitter}: {name}"
    promise("1.6", what, of_moved_copies, 200, COVER, law=LAWS[name], share=0.3, jitter=jitter)
promise("1.7", "three rows recited 45 times", of_three_recited, 20, {"told": (">=", 1.0)}, law=LAWS["normal, d = 5"])
LISTS = {"false share / level": ("<=", 1.0), "false share of rows named": ("<=", 0.1), "rows listed": None}
for name, copies, sizes in (
    ("normal, d = 5", 0, (200, 200)),
    ("normal, d = 5", 5, (200, 200)),
    ("lognormal, d = 5", 7, (200, 200)),
    ("sphere, d = 10", 15, (200, 200)),
    ("exponential, d = 8", 9, (150, 250)),
    ("uniform cube, d = 3", 9, (250, 150)),
):
    what = f"{copies} copies among {sizes[0]}:{sizes[1]}, {name}"
    promise("1.8", what, of_levels, 400, LISTS, law=LAWS[name], sizes=sizes, copies=copies, jitter=0.02)
promise("1.9", "every row is as near", of_ties, 60, {"can't tell": (">=", 1.0)}, d=40)
STILL = {"dose_at(40) moves by": ("=", 0.0), "dose moves by": None}
for name, jitter in MOVED.items():
    for most in (100, 400):
        what = f"copies moved by {jitter}, 40 against {most} held out: {name}"
        promise("1.10", what, of_held_out, 200, STILL, law=LAWS[name], jitter=jitter, most=most)
HONEST = {
    "accused": ("<=", LEVEL),
    "accused against p": ("<=", 0.0),
    "rows named": ("<=", 0.1),
    "sides told apart": ("<=", LEVEL),
    "asked about clusters": ("<=", LEVEL),
}
for name, law in LAWS.items():
    asked = {"asked about clusters": None} if name == "families of near-duplicates" else {}  # they are clusters
    promise("1.11, 1.13", f"honest: {name}", of_law, 200, HONEST | asked, law=law)
TOGETHER = {
    "any of 5 accused": ("<=", LEVEL),
    "accused against p": ("<=", 0.0),
    "any of 5, uncorrected": None,
}
for what in ("generators", "splits"):
    for name in ("normal, d = 5", "lognormal, d = 5", "numbers beside levels"):
        promise("1.12", f"five {what}: {name}", of_together, 200, TOGETHER, law=LAWS[name], what=what)
PEOPLE = {"asked about clusters": (">=", 0.95), "accused": None}
for kind in ("a table", "heavy tails", "normal, d = 16"):
    promise("1.13", f"persons split by visits: {kind}", of_people, 30, PEOPLE, kind=kind)
for values in (30, 300):
    promise("1.14", f"{values} values", of_exact_control, 1000, {"p <= .05": ("<=", LEVEL)}, values=values)
MILD = {"rows listed": (">=", 0.95), "rows named at q": None}
for name in ("normal, d = 5", "exponential, d = 8"):
    promise("1.15", f"nine rows copied: {name}", of_mild_copying, 40, MILD, law=LAWS[name])
# The texts are SciPy's own, and other ones in each of its versions.
promise(
    "1.15",
    f"texts by document of SciPy {scipy.__version__}, two seeds",
    of_documents,
    60,
    {"two seeds agree": (">=", 0.9)},
)
promise("1.16", "a page of names", of_pages, 10, {"names on the page": ("<=", 0.0)})


BLANK = {"accused": ("<=", LEVEL), "p <= .05": ("<=", LEVEL), "rows named": ("<=", 0.1)}
for depends, how in ((False, "by lot"), (True, "where they are large")):
    for name, where, generated, what in (
        ("normal, d = 5", "ab", "ab", f"numbers missing {how}"),
        ("normal, d = 5", "cd", "cd", f"categories missing {how}"),
        ("lognormal, d = 5", "abcd", "", f"numbers and categories missing {how}, in no generated row"),
    ):
        given = {"law": LAWS[name], "where": where, "generated": generated, "depends": depends}
        promise("missing", f"{what}: {name}", of_missing, 400, BLANK, **given)
    what = f"a number and a category missing {how}, 40 of 120 rows copied: lognormal, d = 5"
    named = {"false share of rows named": ("<=", 0.1), "rows found": None}
    given = {"law": LAWS["lognormal, d = 5"], "where": "ac", "generated": "ac", "depends": depends}
    promise("missing", what, of_missing, 200, named, copies=40, **given)
for name in ("normal, d = 5", "Cauchy, d = 2", "grid of 12 x 12", "families of near-duplicates"):
    for sizes in ((20, 12, 15), (50, 30, 40)):
        what = f"nearest row: {name}, {sizes[0]} and {sizes[1]} rows to {sizes[2]}"
        promise("evaluate", what, of_nearest, 1500, {"p <= .01": ("<=", NEARER)}, law=LAWS[name], sizes=sizes)
KNOWN = {"bound above the true epsilon": ("<=", LEVEL), "bound": None}
SPLITS = {"fair coins": (1 / 2, True), "coins of 2/3": (2 / 3, True), "200:100": (2 / 3, False)}
for mechanism in (randomized_response, laplace_histogram):
    for epsilon in (0.5, 1, 2, 4):
        for split, (share, coins) in SPLITS.items():
            given = {"mechanism": mechanism, "epsilon": epsilon, "share": share, "coins": coins}
            what = f"{mechanism.__name__.replace('_', ' ')}: epsilon {epsilon:g}, {split}"
            promise("3.3", what, of_epsilon, 200, KNOWN, **given)
QUALITY = {
    "Gaussian": lambda rng, m: rng.normal(size=(m, 6)),
    "wide": lambda rng, m: 1.5 * rng.normal(size=(m, 6)),
    "mixture": lambda rng, m: rng.normal(size=(20, 6))[rng.integers(20, size=m)] + 0.5 * rng.normal(size=(m, 6)),
    "collapsed": collapsed,
}
UNFOOLED = {"p <= .05": ("<=", LEVEL), "p of rows alone <= .05": None, "interval covers": (">=", 0.95)}
TOLD = {"p <= .05": (">=", 0.8), "p of rows alone <= .05": None, "interval covers": (">=", 0.95)}
for sizes in ((200, 200), (240, 60), (60, 240)):
    for pair in (("Gaussian", "wide"), ("Gaussian", "mixture"), ("Gaussian", "collapsed"), ("mixture", "collapsed")):
        for copied in ((0, 0), (0.2, 0.2)):
            what = f"each copies {copied[0]:.0%}: {pair[0]} and {pair[1]}, {sizes[0]}:{sizes[1]}"
            makers = [QUALITY[name] for name in pair]
            promise("compare", what, of_two, 200, UNFOOLED, makers=makers, sizes=sizes, copied=copied)
    what = f"one copies 20 %, one 5 %, wide, {sizes[0]}:{sizes[1]}"
    makers = [QUALITY["wide"]] * 2
    promise("compare", what, of_two, 200, TOLD, makers=makers, sizes=sizes, copied=(0.2, 0.05))

# What is told of several laws, and of these together: by what is before the colon, where as much is promised.
POOLED = ("honest", "five generators", "five splits", "nearest row", "randomized response", "laplace histogram")
POOLED += ("each copies 0%", "each copies 20%")


def lines(number, given, trials, promised):
    """The table's lines of one promise: each number with its Monte Carlo error, and whether it is as promised.

    It is where it is not farther from it than three standard errors, and, for a share, as many of the promised share.
    """
    for what, bound in promised.items():
        values = np.array([trial[what] for trial in trials], dtype=float)
        mean, error = values.mean(), values.std(ddof=1) / np.sqrt(len(values))
        line = {
            "promise": number,
            "given": given,
            "what": what,
            "measured": mean,
            "± s.e.": error,
            "repeats": len(values),
        }
        holds = ""
        if bound is not None:
            sign, limit = bound
            by_chance = np.sqrt(limit * (1 - limit) / len(values)) if 0 < limit < 1 else 0.0
            slack = 3 * max(error, by_chance) + 1e-9
            above, below = mean <= limit + slack, mean >= limit - slack
            holds = "yes" if {"<=": above, ">=": below, "=": above and below}[sign] else "NO"
        yield line | {"promised": "" if bound is None else f"{bound[0]} {bound[1]:g}", "holds": holds}
