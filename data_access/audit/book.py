"""Write and verify the audit record."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import pandas as pd
import sqlalchemy as sa

from data_access.access import Scope
from data_access.audit.actor import acting_subject
from data_access.errors import AuditUnavailableError, ConfigError, DataAccessError, ScopeError, StoreBusyError
from data_access.home import Home
from data_access.schema.audit_line import audit_checkpoint, audit_line
from data_access.store.ledger_engine import ledger_store

KEPT_DAYS = 183
"""Lines younger than six months are never taken away (Cybersecurity Law: logs are kept for six months at the least)."""
MOST_LINES = 2_000
BATCH_LINES = 5_000
ADD_ATTEMPTS = 20
BEGINNING = "0" * 64
DETAIL_CHARACTERS = 2_000
_FIELDS = ("sequence", "recorded_at", "kind", "subject", "role", "region_code", "snapshot_id", "details")


REPEAT_SECONDS = 600
_recent: dict[tuple, float] = {}
_recent_lock = threading.Lock()


class LineTakenError(Exception):
    """Another writer took the number of a line."""


@dataclass(frozen=True)
class AuditFinding:
    """Where the record doesn't hold."""

    sequence: int
    problem: str
    """``changed``, ``missing``, ``out_of_chain`` or ``cut_off``."""


class AuditBook:
    """The audit record of one data set. Safe for threads, processes and, in a shared database, machines."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._head = home.path / "audit.head"

    def record(self, kind: str, scope: Scope | None, snapshot_id: str = "", **details: object) -> int:
        """Add one line and return its number.

        Parameters
        ----------
        kind : str
            ``sign_in``, ``sign_out``, ``view_as``, ``refused``, ``export``, ``records``, ``import``, ``deliver``, ``publish``,
            ``decision``.
        scope : Scope or None
            Whose view it was; None for the operator of the server.
        snapshot_id : str
        **details
            What was asked for; names and counts, never the contents.

        Raises
        ------
        AuditUnavailableError
            When the line can't be written.
        """
        line = self.line(kind, scope, snapshot_id, **details)
        try:
            self._add(line)
        except (sa.exc.OperationalError, DataAccessError) as error:
            raise AuditUnavailableError(
                "The audit record can't be written, so this is not done. Free disk space or ask the administrator.",
                "审计记录无法写入,因此不予办理。请释放磁盘空间或联系管理员。",
            ) from error
        self.remember(line)
        return int(line["sequence"])

    def line(self, kind: str, scope: Scope | None, snapshot_id: str = "", **details: object) -> dict[str, Any]:
        """Return a line as :meth:`record` takes it, without number and hash; for :meth:`add`."""
        said = json.dumps(_plain(details), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return {
            "recorded_at": datetime.now(UTC).replace(tzinfo=None),
            "kind": kind,
            "subject": acting_subject()[:160],
            "role": scope.role if scope else "operator",
            "region_code": scope.region_code if scope else "",
            "snapshot_id": snapshot_id,
            "details": said[:DETAIL_CHARACTERS],
        }

    def add(self, connection: sa.Connection, line: dict[str, Any]) -> None:
        """Number, chain and write a line within a transaction of its store; :meth:`remember` it once that is committed.

        Raises
        ------
        LineTakenError
            When another writer took the number: roll back and begin again.
        """
        last = self._last(connection)
        line.update(sequence=last[0] + 1, previous_hash=last[1])
        line["hash"] = line_hash(line)
        try:
            connection.execute(sa.insert(audit_line).values(**line))
        except sa.exc.IntegrityError as error:
            raise LineTakenError from error

    def record_once(self, kind: str, scope: Scope, snapshot_id: str = "", **details: object) -> None:
        """Add a line unless this process wrote the same within the last ten minutes; a page asks again at each run."""
        key = (str(self._head), kind, acting_subject(), scope, snapshot_id, json.dumps(_plain(details), sort_keys=True))
        now = monotonic()
        with _recent_lock:
            for old in [each for each, at in _recent.items() if now - at > REPEAT_SECONDS]:
                del _recent[old]
            if key in _recent:
                return
            _recent[key] = now
        try:
            self.record(kind, scope, snapshot_id, **details)
        except AuditUnavailableError:
            with _recent_lock:
                _recent.pop(key, None)
            raise

    def lines(
        self,
        scope: Scope,
        kind: str | None = None,
        first: date | None = None,
        last: date | None = None,
        limit: int = MOST_LINES,
    ) -> pd.DataFrame:
        """Return lines, newest first, for a role that audits.

        Raises
        ------
        ScopeError
            For any other role.
        """
        if not scope.permissions.audits:
            role = scope.permissions
            raise ScopeError(
                f"The role {role.name_en} may not read the audit record.",
                f"角色“{role.name}”无权查看审计记录。",
                role=scope.role,
            )
        tests = [audit_line.c.kind == kind] if kind else []
        tests += [audit_line.c.recorded_at >= datetime.combine(first, time.min)] if first else []
        tests += [audit_line.c.recorded_at <= datetime.combine(last, time.max)] if last else []
        columns = [audit_line.c[name] for name in _FIELDS]
        statement = sa.select(*columns).where(*tests).order_by(audit_line.c.sequence.desc())
        newest = statement.limit(min(limit, MOST_LINES))
        rows = ledger_store(self._home).read(lambda connection: connection.execute(newest).all())
        return pd.DataFrame(rows, columns=list(_FIELDS))

    def verify(self) -> tuple[int, list[AuditFinding]]:
        """Return how many lines were read, and where a line was changed or removed."""
        # Read before the lines: what another process adds meanwhile is not expected of them.
        remembered = self._remembered()
        return ledger_store(self._home).read(lambda connection: _verified(connection, remembered))

    def prune(self, before: date) -> int:
        """Take away lines older than ``before``, keeping the hash they end with; return how many.

        Raises
        ------
        ConfigError
            When lines of the last six months would go.
        """
        youngest = datetime.now(UTC).date() - timedelta(days=KEPT_DAYS)
        if before > youngest:
            raise ConfigError(
                f"Audit lines are kept for {KEPT_DAYS} days; name a day not after {youngest}.",
                f"审计记录至少保存 {KEPT_DAYS} 天,请给出不晚于 {youngest} 的日期。",
            )
        limit = datetime.combine(before, time.min)

        def take_away(connection: sa.Connection) -> int:
            last = connection.execute(
                sa.select(audit_line.c.sequence, audit_line.c.hash)
                .where(audit_line.c.recorded_at < limit)
                .order_by(audit_line.c.sequence.desc())
                .limit(1)
            ).first()
            if last is None:
                return 0
            now = datetime.now(UTC).replace(tzinfo=None)
            connection.execute(
                sa.insert(audit_checkpoint).values(sequence=last.sequence, hash=last.hash, pruned_at=now)
            )
            return connection.execute(sa.delete(audit_line).where(audit_line.c.sequence <= last.sequence)).rowcount

        return ledger_store(self._home).prune(take_away)

    def _add(self, line: dict[str, Any]) -> None:
        for _ in range(ADD_ATTEMPTS):
            with contextlib.suppress(LineTakenError):
                ledger_store(self._home).write(lambda connection: self.add(connection, line))
                return
        raise StoreBusyError("Too many write to the audit record at once.", "同时写入审计记录的请求过多。")

    @staticmethod
    def _last(connection: sa.Connection) -> tuple[int, str]:
        for table in (audit_line, audit_checkpoint):
            row = connection.execute(
                sa.select(table.c.sequence, table.c.hash).order_by(table.c.sequence.desc()).limit(1)
            ).first()
            if row is not None:
                return int(row.sequence), str(row.hash)
        return 0, BEGINNING

    def remember(self, line: Mapping[str, Any]) -> None:
        """Write the last line's number and hash beside the record, so that cutting off its end shows."""
        known = self._remembered()
        if known and known[0] > line["sequence"]:
            return  # another process was quicker
        draft = self._head.with_suffix(f".{os.getpid()}.{threading.get_ident()}.draft")
        draft.write_text(json.dumps({"sequence": line["sequence"], "hash": line["hash"]}), encoding="utf-8")
        draft.replace(self._head)

    def _remembered(self) -> tuple[int, str] | None:
        return _read_head(self._head)


def _verified(connection: sa.Connection, remembered: tuple[int, str] | None) -> tuple[int, list[AuditFinding]]:
    findings: list[AuditFinding] = []
    checkpoint = sa.select(audit_checkpoint).order_by(audit_checkpoint.c.sequence.desc()).limit(1)
    start = connection.execute(checkpoint).first()
    first, previous = (start.sequence, start.hash) if start else (0, BEGINNING)
    expected, read = first, 0
    known = previous if remembered and remembered[0] == first else None
    lines = sa.select(audit_line).order_by(audit_line.c.sequence)
    for row in connection.execute(lines, execution_options={"yield_per": BATCH_LINES}).mappings():
        read += 1
        expected += 1
        if row["sequence"] != expected:
            findings.append(AuditFinding(expected, "missing"))
            expected = row["sequence"]
        elif row["previous_hash"] != previous:
            findings.append(AuditFinding(row["sequence"], "out_of_chain"))
        if line_hash(row) != row["hash"]:
            findings.append(AuditFinding(row["sequence"], "changed"))
        previous = row["hash"]
        if remembered and remembered[0] == expected:
            known = previous
    if remembered and known != remembered[1] and remembered[0] >= first:
        findings.append(AuditFinding(remembered[0], "cut_off" if remembered[0] > expected else "changed"))
    return read, findings


def line_hash(line: Mapping[str, Any] | sa.RowMapping) -> str:
    """Return the SHA-256 of the previous hash and every field of a line."""
    fields = [str(line[name].isoformat() if name == "recorded_at" else line[name]) for name in _FIELDS]
    said = json.dumps([line["previous_hash"], *fields], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(said.encode()).hexdigest()


def _read_head(path: Path) -> tuple[int, str] | None:
    try:
        head = json.loads(path.read_text(encoding="utf-8"))
        return int(head["sequence"]), str(head["hash"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError):
        return -1, ""


def _plain(details: Mapping[str, object]) -> dict[str, object]:
    return {
        key: value if isinstance(value, (str, int, float, bool, list, type(None))) else str(value)
        for key, value in details.items()
    }
