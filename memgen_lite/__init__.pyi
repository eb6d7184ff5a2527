# What a type checker sees of the package; tests/test_annotations.py holds it to the table in __init__.py.
from . import data as data
from . import metrics as metrics
from . import peers as peers
from .auditing import CopyAudit as CopyAudit
from .auditing import audit as audit
from .auditing import audit_compare as audit_compare
from .auditing import audit_plan as audit_plan
from .auditing import audit_sequence as audit_sequence
from .auditing import audit_together as audit_together
from .data import drawn_cats as cats
from .data.own_files import read_rows as read_rows
from .data.partitions import shards as shards
from .display import plots as plots
from .display import widgets as widgets
from .evaluation import evaluate as evaluate
from .memory import memories as memories
from .memory.memgen import MemGEN as MemGEN
from .paper import coin as coin
from .paper import pi as pi
from .paper import simulated_web as web
from .paper import text as text
from .peers import text_copier as copier
from .shared import figures as figures
from .shared import neighbors as neighbors

__all__ = [
    "CopyAudit",
    "MemGEN",
    "__version__",
    "audit",
    "audit_compare",
    "audit_plan",
    "audit_sequence",
    "audit_together",
    "cats",
    "coin",
    "copier",
    "data",
    "evaluate",
    "figures",
    "memories",
    "metrics",
    "neighbors",
    "peers",
    "pi",
    "plots",
    "read_rows",
    "shards",
    "text",
    "web",
    "widgets",
]

__version__: str
