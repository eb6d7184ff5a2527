"""Is this a copy, and of which row? An exact test, the rows that leaked, and a report."""

from .auditing import audit
from .compare import Comparison, audit_compare
from .plan import audit_plan
from .report import CopyAudit
from .sequence import AuditSequence, audit_sequence
from .together import audit_together

__all__ = [
    "AuditSequence",
    "Comparison",
    "CopyAudit",
    "audit",
    "audit_compare",
    "audit_plan",
    "audit_sequence",
    "audit_together",
]
