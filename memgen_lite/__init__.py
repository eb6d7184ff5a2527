"""Memorisation as a generative model, and as the control for every evaluation of one.

>>> import memgen_lite as mg
>>> model = mg.MemGEN(random_state=0).fit(["rose", "is", "a", "rose"])
>>> len(model), "rose" in model
(4, True)

Names load when first used, so that importing the package costs nothing.
"""

from importlib import import_module

__version__ = "0.1.0"

_MODULES = (
    "coin",
    "cats",
    "copier",
    "data",
    "figures",
    "memories",
    "metrics",
    "neighbors",
    "peers",
    "pi",
    "plots",
    "text",
    "web",
    "widgets",
)
_NAMES = {"MemGEN": "memgen", "evaluate": "evaluation"}
_NAMES |= dict.fromkeys(("audit", "audit_plan", "CopyAudit"), "auditing")
_NAMES["read_rows"] = "auditing.reading"

__all__ = ["__version__", *_NAMES, *_MODULES]


def __getattr__(name):
    if name in _NAMES:
        return getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
    if name in _MODULES:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
