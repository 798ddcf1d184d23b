"""The audit record as its page shows it: is the chain whole, and who did what when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pandas as pd

from dashboard.context import Context
from dashboard.i18n import localised, t
from dashboard.screens.tables import ScreenTable
from data_access.access import load_roles
from data_access.audit import AuditBook
from data_access.queries import SnapshotReader

KINDS = (
    "sign_in",
    "sign_out",
    "view_as",
    "refused",
    "export",
    "records",
    "import",
    "deliver",
    "publish",
    "decision",
    "prune",
    "renew_head",
)
DAYS = ("7", "30", "183")
ALL = "all"
COLUMNS = ("sequence", "recorded_at", "kind", "subject", "role", "region_code", "snapshot_id", "details")


@dataclass(frozen=True)
class AuditScreen:
    """What the audit page draws."""

    verdict: str
    kinds: tuple[tuple[str, str, bool], ...]
    """Word, address and whether it is chosen."""
    days: tuple[tuple[str, str, bool], ...]
    lines: pd.DataFrame
    tables: tuple[ScreenTable, ...]


def audit_screen(reader: SnapshotReader, context: Context) -> AuditScreen:
    """Prepare the audit record for a role that may read it.

    Raises
    ------
    ScopeError
        For any other role.
    """
    language = context.language
    book = AuditBook(reader.home)
    kind, days = context.own_value("kind", (ALL, *KINDS), ALL), context.own_value("days", DAYS, DAYS[0])
    first = datetime.now(UTC).date() - timedelta(days=int(days))
    found = book.lines(context.viewer, None if kind == ALL else kind, first)
    refused = len(book.lines(context.viewer, "refused", first))
    read, findings = book.verify()
    broken = [finding for finding in findings if not finding.is_remark]
    if broken:
        verdict = t("audit.broken", language, problems=len(broken), line=broken[0].sequence)
    else:
        verdict = t("audit.verdict", language, count=read, days=days, refused=refused)
    if remarks := [finding for finding in findings if finding.is_remark]:
        verdict += t("audit.clock_back", language, count=len(remarks), line=remarks[0].sequence)
    titles = {name: t(f"audit.{name}", language) for name in COLUMNS}
    lines = _in_words(found, language)
    return AuditScreen(
        verdict=verdict,
        kinds=tuple((_kind(each, language), context.href("audit", kind=each), each == kind) for each in (ALL, *KINDS)),
        days=tuple((each, context.href("audit", days=each), each == days) for each in DAYS),
        lines=lines,
        tables=(ScreenTable("lines", t("audit.title", language), lines, titles),),
    )


def _in_words(found: pd.DataFrame, language: str) -> pd.DataFrame:
    roles = {key: localised(language, role.name, role.name_en) for key, role in load_roles().items()}
    roles["operator"] = t("audit.operator", language)
    return found.assign(
        kind=[_kind(each, language) for each in found["kind"]],
        role=[roles.get(each, each) for each in found["role"]],
        recorded_at=[f"{each:%Y-%m-%d %H:%M:%S} UTC" for each in found["recorded_at"]],
    )


def _kind(kind: str, language: str) -> str:
    if kind == ALL:
        return t("audit.all", language)
    return t(f"audit_kind.{kind}", language) if kind in KINDS else kind
