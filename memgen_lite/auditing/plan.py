"""How many held-out rows and samples it takes to see a dose."""

from typing import TYPE_CHECKING

import numpy as np

from ..shared.checks import number, whole
from .walk import resolution

if TYPE_CHECKING:
    import pandas as pd


def audit_plan(
    dose: float,
    *,
    n_train: int = 1000,
    q: float = 0.1,
    power: float = 0.8,
    confidence: float = 0.95,
    unevenness: float = 0.4,
) -> "pd.DataFrame":
    """Held-out and generated rows that are needed to see a `dose`: that share of generated rows copied plainly.

    Two needs, for each of some numbers of held-out rows. To *name* rows, enough different ones must be copied, and
    plainly, nearer than any blind row comes: as many as the `resolution` with probability `power`. To have the
    *interval* of the dose lie above 0, chance must be small beside it, however poor the copies are: the dose of M rows
    of a blind generator has variance N/K (1/M + c/(N + K)), with c the `unevenness`. The second part is due to the rows
    that stand in the middle of things and are hit often; no number of samples helps against it, more held-out rows do.

    Parameters
    ----------
    dose : the share of generated rows whose source is their nearest row, from 1e-6 to 1.
    n_train : training rows, N. q : false discovery rate. power : probability of success. confidence : of the interval.
    unevenness : squared coefficient of variation of the chances of rows to be hit. Measured with fresh normal rows: .3
        in 2 to 8 dimensions, 2 in 32, 5 in 128; .4 for digits. `stamp["unevenness"]` of an audit estimates it.

    Returns
    -------
    Frame by `held_out` (N/10 to 10 N): `fewest_named`, `generated_to_name`, `generated_for_interval`; NaN where no
    number of generated rows is enough.

    >>> plan = audit_plan(0.1).set_index("held_out")
    >>> plan.loc[1000].tolist()
    [10.0, 126.0, 931.0]
    """
    import pandas as pd
    from scipy.stats import beta, norm

    dose, q = number(dose, "dose", 1e-6, most=1), number(q, "q", above=0, below=1)
    n_train, unevenness = whole(n_train, "n_train", 1, 10**9), number(unevenness, "unevenness", 0)
    power, confidence = number(power, "power", above=0, below=1), number(confidence, "confidence", above=0, below=1)
    lines = []
    far = norm.ppf(0.5 + confidence / 2) + norm.ppf(power)
    for share in (0.1, 0.2, 0.5, 1, 2, 10):
        held_out = max(1, round(share * n_train))
        fewest = resolution((n_train, held_out), q)
        # With a Poisson number of copies, each training row is hit independently: P(Bin(N, p) >= fewest) = power.
        hit = beta.ppf(power, fewest, n_train - fewest + 1) if fewest <= n_train else np.nan
        left = dose**2 * held_out / n_train / far**2 - unevenness / (n_train + held_out)
        lines.append(
            {
                "held_out": held_out,
                "fewest_named": fewest,
                "generated_to_name": _round(-n_train * np.log1p(-hit) / dose) if fewest <= n_train else np.nan,
                "generated_for_interval": _round(1 / left) if left > 0 else np.nan,
            }
        )
    return pd.DataFrame(lines)


def _round(x):
    digits = max(0, int(np.floor(np.log10(x))) - 2)
    return int(np.ceil(round(x) / 10**digits) * 10**digits)
