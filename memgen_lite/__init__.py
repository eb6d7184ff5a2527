"""Memorisation as a generative model, and as the control for every evaluation of one.

>>> import memgen_lite as mg
>>> model = mg.MemGEN(random_state=0).fit(["rose", "is", "a", "rose"])
>>> len(model), "rose" in model
(4, True)

Names load when first used, so that importing the package costs nothing.
"""

from importlib import import_module

__version__ = "0.1.0"

# Every public name and its place: a module, or an object in one. This is the only way in from above the rooms.
_PLACES = {
    "MemGEN": "memory.memgen:MemGEN",
    "audit": "auditing:audit",
    "audit_compare": "auditing:audit_compare",
    "audit_plan": "auditing:audit_plan",
    "audit_sequence": "auditing:audit_sequence",
    "audit_together": "auditing:audit_together",
    "CopyAudit": "auditing:CopyAudit",
    "evaluate": "evaluation:evaluate",
    "read_rows": "data.own_files:read_rows",
    "shards": "data.partitions:shards",
    "cats": "data.drawn_cats",
    "coin": "paper.coin",
    "copier": "peers.text_copier",
    "data": "data",
    "figures": "shared.figures",
    "memories": "memory.memories",
    "metrics": "metrics",
    "neighbors": "shared.neighbors",
    "peers": "peers",
    "pi": "paper.pi",
    "plots": "display.plots",
    "text": "paper.text",
    "web": "paper.simulated_web",
    "widgets": "display.widgets",
}

__all__ = ["__version__", *_PLACES]


def __getattr__(name):
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, attribute = _PLACES[name].partition(":")
    from .shared.extras import needed_by

    with needed_by(f"mg.{name}"):
        found = import_module(f"{__name__}.{module}")
    return getattr(found, attribute) if attribute else found


def __dir__():
    return sorted(__all__)
