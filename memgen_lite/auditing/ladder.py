"""Doses of familiar models, fitted to the same training rows, to read a dose against."""

import numpy as np

from ..shared.kinds.arrays import Arrays
from .measure import measure

_RUNGS = (
    ("Gaussian", "gaussian", {}),
    ("mixture of 5", "gmm", {"n_components": 5}),
    ("mixture of 20", "gmm", {"n_components": 20}),
    ("mixture of 60", "gmm", {"n_components": 60}),
    ("kernel density", "kde", {}),
)
_ROWS, _COLUMNS = 2000, 64


def ladder(inputs, groups, stamp):
    """A frame by `model`: `dose`, `low`, `high`, `named`; None for what is no array of numbers, and for
    a single training row, to which no model is fitted.

    Each model is fitted to the training rows (2,000 of them at most, in their 64 leading principal directions at most)
    and gives as many rows as were audited (2,000 at most), which are audited against the same held-out rows, in the
    same groups (an int array, or None) and in the same proportion to the training rows: where there are more than 2,000
    of either, both are thinned alike. The last is MemGEN, which recites.
    """
    import pandas as pd

    from ..memory.memgen import MemGEN
    from ..peers import peer

    if not isinstance(inputs.kind, Arrays) or len(inputs.rows["train"]) < 2:
        return None
    rng = np.random.default_rng(0)
    sides = [inputs.rows[role] for role in ("train", "held_out")]
    keep = min(1.0, _ROWS / max(map(len, sides)))
    chosen = [np.sort(rng.permutation(len(X))[: max(1, round(keep * len(X)))]) for X in sides]
    train, held_out = (X[rows].astype(np.float64) for X, rows in zip(sides, chosen, strict=True))
    if groups is not None:
        kept = np.concatenate([chosen[0], len(sides[0]) + chosen[1]])
        groups = np.unique(groups[kept], return_inverse=True)[1]
    if train.shape[1] > _COLUMNS:
        from sklearn.decomposition import PCA

        both = np.concatenate([train, held_out])
        if both.shape[1] > 1024:  # directions by chance first, which keep distances within a few percent
            both = both @ rng.normal(size=(both.shape[1], 1024))
        turned = PCA(min(_COLUMNS, len(both) - 1), svd_solver="covariance_eigh").fit_transform(both)
        train, held_out = turned[: len(train)], turned[len(train) :]
    n = min(stamp["rows"]["generated"], _ROWS)
    models = [(name, peer(key, random_state=0, **parameters)) for name, key, parameters in _RUNGS]
    lines = []
    for name, model in [*models, ("MemGEN", MemGEN(random_state=0))]:
        rows = model.fit(train).sample(n)
        options = {"q": stamp["q"], "n_relabelings": 199, "rng": rng, "metric": stamp["metric"], "groups": groups}
        found = measure(train, held_out, rows, **options)
        low, high = found.walk.dose_interval
        lines.append({"model": name, "dose": found.walk.dose, "low": low, "high": high, "named": len(found.copies)})
    return pd.DataFrame(lines)


def place(dose, rungs):
    """Where a dose stands among the rungs, in words.

    >>> import pandas as pd
    >>> place(0.2, pd.DataFrame({"model": ["Gaussian", "mixture of 5", "MemGEN"], "dose": [0.0, 0.1, 1.0]}))
    'between a mixture of 5 and MemGEN'
    """
    if rungs is None:
        return ""
    rungs = rungs.sort_values("dose", kind="stable")
    names = [name if name == "MemGEN" else f"a {name}" for name in rungs["model"]]
    above = int(np.searchsorted(rungs["dose"].to_numpy(), dose))
    if above == 0:
        return f"below {names[0]}"
    if above == len(names):
        return f"at or above {names[-1]}"
    return f"between {names[above - 1]} and {names[above]}"
