"""The audit record as its page shows it: is the chain whole, and who did what when."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pandas as pd

from dashboard.context import Context, role_name
from dashboard.i18n import load_texts, t
from dashboard.navigation import PAGES
from dashboard.periods import Period, PeriodError
from dashboard.screens.children import names_of
from dashboard.screens.tables import ScreenTable
from data_access.access import load_roles
from data_access.audit import AuditBook
from data_access.clock import local_second
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
    lines = _in_words(reader, context, found)
    return AuditScreen(
        verdict=verdict,
        kinds=tuple((_kind(each, language), context.href("audit", kind=each), each == kind) for each in (ALL, *KINDS)),
        days=tuple(
            (t("audit.last_days", language, days=each), context.href("audit", days=each), each == days) for each in DAYS
        ),
        lines=lines,
        tables=(ScreenTable("lines", t("audit.title", language), lines, titles),),
    )


def _in_words(reader: SnapshotReader, context: Context, found: pd.DataFrame) -> pd.DataFrame:
    language, snapshot, regions = context.language, reader.snapshot(), reader.regions(context.viewer)
    roles = {key: role_name(role, snapshot, language) for key, role in load_roles().items()}
    roles["operator"] = t("audit.operator", language)
    names = dict(zip(regions.index, names_of(regions, tuple(regions.index), language), strict=True))
    return found.assign(
        kind=[_kind(each, language) for each in found["kind"]],
        role=[roles.get(each, each) for each in found["role"]],
        region_code=[names.get(each, each) for each in found["region_code"]],
        recorded_at=[local_second(each) for each in found["recorded_at"]],
        details=[_told(_read(each), names, roles, language) for each in found["details"]],
    )


def _read(kept: str | bytes) -> Mapping[str, object]:
    """Return the details of a line; as they stand where they are cut or somebody changed them."""
    try:
        details = json.loads(kept)
    except ValueError:
        details = None
    return details if isinstance(details, dict) else {"details": kept}


def _told(details: Mapping[str, object], names: Mapping[str, str], roles: Mapping[str, str], language: str) -> str:
    """Return what a line tells beside who and when, each with what it is; a word that has no translation stands as kept."""
    texts, said = load_texts(language), []
    for key, value in details.items():
        text = str(value)
        role, _, code = text.partition("@")
        if key == "region":
            text = names.get(text, text)
        elif key == "seen" and role in roles:
            text = t("viewer.label", language, role=roles[role], region=names.get(code, code))
        elif key == "period":
            with contextlib.suppress(PeriodError):
                text = Period.parse(text).label(language)
        elif key == "page":
            text = next((t(entry.title_key, language) for entry in PAGES if entry.url_path == text), text)
        elif key in ("table", "of"):
            text = str(texts.get(f"audit_table.{text}", text))
        elif key == "stage":
            text = str(texts.get(f"disputes.stage_{text}", text))
        name = t(f"audit_detail.{key}", language) if f"audit_detail.{key}" in texts else key
        said.append(t("audit.told", language, name=name, value=text))
    return t("audit.joint", language).join(said)


def _kind(kind: str, language: str) -> str:
    if kind == ALL:
        return t("audit.all", language)
    return t(f"audit_kind.{kind}", language) if kind in KINDS else kind
