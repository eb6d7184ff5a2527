"""What the parameters of peers must be. A name means the same in all of them, so that its rule stands here once."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ..shared.checks import flag, number, shown, whole

Rule = Callable[[Any, str], Any]


def allowing(more: Any, rule: Rule) -> Rule:
    """The rule of a parameter that may have one more value, None or infinity."""

    def checked(value, name):
        if value is more or (isinstance(value, float | np.floating) and value == more):
            return value
        try:
            return rule(value, name)
        except (TypeError, ValueError) as error:
            words = ", or None, got " if more is None else ", or infinity, got "
            refusal = type(error)(str(error).replace(", got ", words, 1))
        raise refusal

    return checked


_POSITIVE, _POSITIVE_NUMBER = partial(whole, least=1), partial(number, above=0)
_RULES = {
    "agents batch_size buckets context critic_moves embedding gibbs_steps hidden k latent n n_components n_iter noise "
    "patch slots state steps sweeps width window": _POSITIVE,
    "depth moved rounds": partial(whole, least=0),
    "clip learning_rate power temperature": _POSITIVE_NUMBER,
    "beta dual escape local penalty prior together": partial(number, least=0),
    "distill threshold weight": partial(number, least=0, most=1),
    "dropout": partial(number, least=0, below=1),
    "bandwidth gamma": allowing(None, _POSITIVE_NUMBER),
    "top_k": allowing(None, _POSITIVE),
    "noisy normalized selective spectral": flag,
}
RULES: dict[str, Rule] = {name: rule for names, rule in _RULES.items() for name in names.split()}


def check_image_shape(value: Any, name: str, n_features: int) -> None:
    """Raise ValueError or TypeError unless rows of so many numbers are images of this shape; None is any."""
    if value is None:
        return
    shaped = isinstance(value, tuple | list) and len(value) in (2, 3)
    if not shaped or np.prod([whole(side, name, 1) for side in value]) != n_features:
        raise ValueError(
            f"{name} must be (height, width) or (height, width, channels) with {n_features} numbers in all, "
            f"got {shown(value)}"
        )
