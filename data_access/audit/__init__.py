"""The audit record: who (account, role) did what, when, on which data; append-only and chained, so that a change shows."""

from data_access.audit.actor import acting_as, acting_as_operator, acting_subject
from data_access.audit.book import AuditBook, AuditFinding

__all__ = ["AuditBook", "AuditFinding", "acting_as", "acting_as_operator", "acting_subject"]
