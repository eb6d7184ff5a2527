"""Is this a copy, and of which row? An exact test, the rows that leaked, and a report."""

from .auditing import audit
from .plan import audit_plan
from .report import CopyAudit
from .together import audit_together

__all__ = ["CopyAudit", "audit", "audit_plan", "audit_together"]
