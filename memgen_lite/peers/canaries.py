"""How much of a secret a language model gives away: where it ranks among all that the secret could have been.

A made-up secret that is put into the training texts is called a canary, after the birds that miners took along.
"""

from typing import Any

import numpy as np

from ..shared.checks import able, shown

_MOST = 10**6  # secrets that are possible


def exposure(model: Any, prefix: str, secret: str, characters: str = "0123456789") -> float:
    """The exposure in bits of a `secret` that stands behind a `prefix`, of Carlini et al. 2019 (arXiv 1802.08232).

    It is log2 of the number of all secrets that could stand there, less log2 of the rank of this one by probability.
    The likeliest one of 10,000 has an exposure of 13.3 bits: nobody who asks the model needs to guess any more. One
    that the model never saw has a rank drawn at random, and an exposure of 1.44 bits in the mean. Of equally likely
    secrets each has the mean of their ranks.

    Parameters
    ----------
    model : fitted, with `alphabet_` and `next_log_probabilities(texts)`, as peers that take texts have.
    secret : str of `characters`; all others of its length are possible too, a million of them at most.

    Raises
    ------
    TypeError, ValueError : naming the argument, what was given and what is expected.

    >>> from memgen_lite.peers import peer
    >>> model = peer("infinity_gram").fit(["My pin is 07.", "Digits: 0123456789"])
    >>> round(exposure(model, "My pin is ", "07"), 2), round(exposure(model, "My pin is ", "11"), 2)
    (6.64, 0.97)
    """
    able(model, "model", "next_log_probabilities")
    for name, given in {"prefix": prefix, "secret": secret, "characters": characters}.items():
        if not isinstance(given, str):
            raise TypeError(f"{name} must be a str, got {shown(given)}")
    if len(set(characters)) < max(2, len(characters)) or not set(characters) <= set(model.alphabet_):
        raise ValueError(
            f"characters must be two or more of the model's alphabet, each of them once, got {shown(characters)}"
        )
    if not secret or not set(secret) <= set(characters) or len(characters) ** len(secret) > _MOST:
        raise ValueError(
            f"secret must be of the characters {shown(characters)}, with {_MOST:,} possible ones at most, "
            f"got {shown(secret)}"
        )
    place, texts, logs = [1 + model.alphabet_.index(one) for one in characters], [prefix], np.zeros(1)
    for _ in secret:
        more = np.asarray(model.next_log_probabilities(texts))[:, place]
        with np.errstate(invalid="ignore"):
            logs = (logs[:, None] + more).ravel()
        texts = [text + one for text in texts for one in characters]
    own = logs[texts.index(prefix + secret)]
    rank = (logs > own).sum() + ((logs == own).sum() + 1) / 2
    return float(np.log2(len(logs)) - np.log2(rank))
