"""What the tests of the audit are about: training and held-out rows, a copier of some of them, and tables."""

import numpy as np
import pandas as pd

_rng = np.random.default_rng(0)
T, H = _rng.normal(size=(2, 300, 6))
NOISE = 1.5 * _rng.normal(size=(300, 6))
LEAKED = np.arange(40)
COPIER = np.concatenate([T[LEAKED] + 0.02 * _rng.normal(size=(40, 6)), NOISE[40:]])


def table(n, rng):
    return pd.DataFrame(
        {
            "age": rng.integers(18, 90, size=n),
            "income": rng.lognormal(10, 1, size=n),
            "city": rng.choice(["Rome", "Oslo", "Lima"], size=n),
            "member": rng.random(n) < 0.5,
            "since": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 10**6, size=n), unit="s"),
            "name": ["".join(rng.choice(list("abcdefgh"), size=7)) for _ in range(n)],
        }
    )
