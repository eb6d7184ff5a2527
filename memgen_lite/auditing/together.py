"""Several audits that are read together: several generators on one split, or one generator on several splits."""

from typing import TYPE_CHECKING, Any

import numpy as np

from .auditing import audit
from .report import CopyAudit

if TYPE_CHECKING:
    import pandas as pd


class Audits(dict[str, CopyAudit]):
    """What :func:`memgen_lite.audit_together` found: a :class:`CopyAudit` by name. It shows itself as :attr:`table`."""

    @property
    def table(self) -> "pd.DataFrame":
        """By name: `dose`, `low`, `high`, `held_out`, `p_value`, `p_corrected`, `p_swapped`, `leakage_p_value`
        (for itself), `named`, `verdict`."""
        import pandas as pd

        return pd.DataFrame(
            [
                {
                    "dose": one.dose,
                    "low": one.dose_interval[0],
                    "high": one.dose_interval[1],
                    "held_out": one.walk.sizes[1],
                    "p_value": one.p_value,
                    "p_corrected": one.p_corrected,
                    "p_swapped": one.p_swapped,
                    "leakage_p_value": one.leakage_p_value,
                    "named": len(one.copies),
                    "verdict": one.verdict,
                }
                for one in self.values()
            ],
            index=list(self),
        )

    def __repr__(self):
        return "\n".join(f"{name}: {one.verdict}" for name, one in self.items())

    def _repr_html_(self):
        return self.table.to_html(float_format="{:.3g}".format)


def audit_together(samples: dict[str, tuple[Any, Any, Any]], **options: Any) -> Audits:
    """Audit several generators, or several splits, and correct the p-values for how many they are.

    The luck of one split is shared by all generators that are audited on it: where training rows happen to lie in the
    middle of things, each of them leans, and one in twenty splits is such. And who audits twenty splits finds one. So
    the p-values are corrected by Holm's method (1979), which holds however they depend on each other: that any blind
    generator among all is accused has a probability of 5 % at most. The verdicts read the corrected ones.

    Parameters
    ----------
    samples : dict by name of (train, held_out, generated), each as of :func:`memgen_lite.audit`. For several splits,
        the generator is fitted anew to the training rows of each.
    options : of :func:`memgen_lite.audit`, the same for all.

    Returns
    -------
    :class:`Audits`, a dict of :class:`CopyAudit` with a `table`.

    Raises
    ------
    TypeError : for what is no dict of triples. See also :func:`memgen_lite.audit`.

    >>> rng = np.random.default_rng(0)
    >>> T, H, fresh = rng.normal(size=(3, 200, 4))
    >>> found = audit_together({"reciter": (T, H, T[:100]), "honest": (T, H, fresh)})
    >>> found.table[["p_value", "p_corrected"]]
             p_value  p_corrected
    reciter    0.001        0.002
    honest     0.609        0.609
    """
    if not isinstance(samples, dict) or not samples:
        raise TypeError(f"samples must be a dict by name of (train, held_out, generated), got {type(samples).__name__}")
    for name, given in samples.items():
        if not isinstance(given, tuple | list) or len(given) != 3:
            raise TypeError(
                f"samples[{name!r}] must be a triple (train, held_out, generated), got {type(given).__name__}"
            )
    found = Audits({name: audit(*given, **options) for name, given in samples.items()})
    for one, p in zip(found.values(), holm([one.p_value for one in found.values()]), strict=True):
        one.p_corrected, one.together = p, len(found)
    return found


def holm(p_values):
    """Holm's correction: the i-th smallest of m times m - i + 1, never below the one before, 1 at most.

    >>> holm([0.01, 0.5, 0.02])
    [0.03, 0.5, 0.04]
    """
    p_values = np.asarray(p_values)
    order = np.argsort(p_values, kind="stable")
    corrected = np.empty(len(order))
    corrected[order] = np.maximum.accumulate(p_values[order] * np.arange(len(order), 0, -1))
    return np.minimum(corrected, 1).tolist()
