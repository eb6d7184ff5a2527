"""Errors that name the arguments of a drawing: those of Matplotlib say neither which one is wrong nor what it was."""

from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import ParamSpec, TypeVar

from ...shared.checks import shown

P, R = ParamSpec("P"), TypeVar("R")


def names_its_arguments(draw: Callable[P, R]) -> Callable[P, R]:
    """The same function, whose errors say what it was given: a TypeError for a wrong kind, else a ValueError.

    The first error is their cause. A call that lacks an argument, or has one too many, fails as ever.
    """
    arguments = signature(draw)

    @wraps(draw)
    def drawn(*args: P.args, **kwargs: P.kwargs) -> R:
        given = arguments.bind(*args, **kwargs).arguments
        try:
            return draw(*args, **kwargs)
        except Exception as error:
            words = ", ".join(f"{name}={shown(value)}" for name, value in given.items())
            kind = TypeError if isinstance(error, TypeError | AttributeError) else ValueError
            raise kind(f"{draw.__name__} can't draw {words}: {error}") from error

    return drawn
