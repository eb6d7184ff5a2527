"""The three samples of an audit."""

import numpy as np

from ..shared.kinds import together

ROLES = ("train", "held_out", "generated")
_NO_HELD_OUT = (
    "held_out=None: without rows that the model has never seen there is no test, since closeness to the training rows "
    "means nothing until one knows how close a blind model would come. Set aside at random, before training, a tenth "
    "to a half of the rows (of a model that is trained already: rows gathered in the same way that were not trained "
    "on, such as the validation set if no choice was made by it); mg.audit_plan(dose) says how many are needed"
)


def read(train, held_out, generated, features=None, ignore=None):
    """The samples of an audit, by role; the errors of :func:`together`, and one where nothing is held out."""
    return _read({"train": train, "held_out": held_out, "generated": generated}, features, ignore)


def read_two(train, held_out, a, b, features=None, ignore=None):
    """The samples of a comparison of two generators, by role; the errors of :func:`read`."""
    return _read({"train": train, "held_out": held_out, "a": a, "b": b}, features, ignore)


def _read(given, features, ignore):
    if given["held_out"] is None:
        raise ValueError(_NO_HELD_OUT)
    return together(given, features, ignore, streamed=("train", "held_out"))


def something_held_out(inputs):
    """ValueError where every held-out row is one of train too."""
    if np.isin(inputs.same["held_out"], inputs.same["train"]).all():
        raise ValueError(
            "every row of held_out is a row of train: nothing is held out, and there is no test without it"
        )
