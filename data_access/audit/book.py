"""Write and verify the audit record."""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from time import monotonic, sleep
from typing import Any

import pandas as pd
import sqlalchemy as sa

from data_access.access import Scope
from data_access.audit.actor import acting_subject
from data_access.audit.head import DAMAGED, Head, HeadFile, writer_mark
from data_access.errors import AuditUnavailableError, ConfigError, DataAccessError, ScopeError, StoreBusyError
from data_access.home import Home
from data_access.schema.audit_line import audit_checkpoint, audit_line
from data_access.store.ledger_engine import LedgerStore, ledger_store

KEPT_DAYS = 183
"""Lines younger than six months are never taken away (Cybersecurity Law: logs are kept for six months at the least)."""
MOST_LINES = 2_000
BATCH_LINES = 5_000
ADD_ATTEMPTS = 20
BEGINNING = "0" * 64
DETAIL_CHARACTERS = 2_000
CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far the clocks of machines that write to one record may differ without a remark."""
HEAD_ATTEMPTS, HEAD_SECONDS = 5, 0.1
"""How often and after how long the head is read again: a writer moves it just after its line is committed."""
log = logging.getLogger("pingan")
_FIELDS = ("sequence", "recorded_at", "kind", "subject", "role", "region_code", "snapshot_id", "details")
_ADD = sa.insert(audit_line)
_NEWEST = tuple(
    sa.select(table.c.sequence, table.c.hash).order_by(table.c.sequence.desc()).limit(1)
    for table in (audit_line, audit_checkpoint)
)
"""The last line, and where there is none the last that was taken away."""

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
    """``changed``, ``missing``, ``out_of_chain``, ``cut_off``, ``unrecorded_prune``; of ``audit.head`` itself ``no_head`` or
    ``old_head``; ``clock_back`` when a line is dated well before the one that it follows."""

    @property
    def is_remark(self) -> bool:
        """Whether the record is whole all the same."""
        return self.problem == "clock_back"


class AuditBook:
    """The audit record of one data set. Safe for threads, processes and, in a shared database, machines."""

    def __init__(self, home: Home) -> None:
        self._home = home

    @cached_property
    def _head(self) -> HeadFile:
        return HeadFile(self._home)

    @cached_property
    def _mark(self) -> str:
        """How lines of this folder begin; of a file in the folder it is the only writer."""
        return writer_mark(self._home) if self._home.database_url else ""

    def record(self, kind: str, scope: Scope | None, snapshot_id: str = "", **details: object) -> int:
        """Add one line and return its number.

        Parameters
        ----------
        kind : str
            ``sign_in``, ``sign_out``, ``view_as``, ``refused``, ``export``, ``records``, ``import``, ``deliver``, ``publish``,
            ``decision``, ``renew_head``, ``prune``.
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
        except DataAccessError as error:
            raise AuditUnavailableError(
                f"The audit record can't be written, so this is not done. {error.english}",
                f"审计记录无法写入，因此不予办理。{error.chinese}",
            ) from error
        except sa.exc.OperationalError as error:
            raise AuditUnavailableError(
                "The audit record can't be written, so this is not done. Free disk space or ask the administrator.",
                "审计记录无法写入，因此不予办理。请释放磁盘空间或联系管理员。",
            ) from error
        self.remember(line)
        return int(line["sequence"])

    def line(self, kind: str, scope: Scope | None, snapshot_id: str = "", **details: object) -> dict[str, Any]:
        """Return a line as :meth:`record` takes it, without number and hash; for :meth:`add`."""
        said = json.dumps(_plain(details), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        if self._mark:
            said = self._mark + ("," if details else "") + said[1:]
        return {
            "recorded_at": datetime.now(UTC).replace(tzinfo=None),
            "kind": kind,
            "subject": _storable(acting_subject())[:160],
            "role": scope.role if scope else "operator",
            "region_code": scope.region_code if scope else "",
            "snapshot_id": snapshot_id,
            "details": _storable(said)[:DETAIL_CHARACTERS],
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
            connection.execute(_ADD, line)
        except sa.exc.IntegrityError as error:
            raise LineTakenError from error

    def record_once(self, kind: str, scope: Scope, snapshot_id: str = "", **details: object) -> None:
        """Add a line unless this process wrote the same within the last ten minutes; a page asks again at each run."""
        key = (self._home, kind, acting_subject(), scope, snapshot_id, json.dumps(_plain(details), sort_keys=True))
        now = monotonic()
        with _recent_lock:
            while _recent and now - next(iter(_recent.values())) > REPEAT_SECONDS:  # the oldest comes first
                del _recent[next(iter(_recent))]
            if key in _recent:
                return
            _recent[key] = now
        try:
            self.record(kind, scope, snapshot_id, **details)
        except AuditUnavailableError:
            with _recent_lock:
                _recent.pop(key, None)
            raise

    def record_refused(self, scope: Scope, snapshot_id: str, **asked: str) -> None:
        """Record that a scope doesn't hold what was asked for; the refusal stands even where that can't be written."""
        with contextlib.suppress(AuditUnavailableError):
            self.record_once("refused", scope, snapshot_id, **asked)

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
        newest = statement.limit(min(max(limit, 0), MOST_LINES))
        rows = self._store().read(lambda connection: connection.execute(newest).all())
        return pd.DataFrame(rows, columns=list(_FIELDS))

    def verify(self) -> tuple[int, list[AuditFinding]]:
        """Return how many lines were read, and where a line was changed or removed, or what proves it was."""
        # Read before the lines: what another process adds meanwhile is not expected of them.
        head = self._head.read()
        read, own, findings = self._store().read(lambda connection: self._verified(connection, head))
        if not (problem := self._head_problem(own)):
            return read, findings
        return read, [*findings, AuditFinding(own, problem)]

    def _head_problem(self, own: int) -> str:
        """Return what is wrong with the head, when this folder wrote up to line ``own``; nothing is the empty text."""
        for _ in range(HEAD_ATTEMPTS):
            head = self._head.read()
            if head == DAMAGED or (head.sequence if head else 0) >= own:
                break
            sleep(HEAD_SECONDS)
        if head == DAMAGED or (head is None and own):
            return "no_head"
        return "old_head" if head is not None and head.sequence < own else ""

    def renew_head(self) -> int:
        """Let the head say the record's last line, once it was looked into why it doesn't; recorded. Return that line."""
        with self._head.turn:
            was, last = self._head.read(), Head(*self._store().read(self._last))
            self._head.write(last)
        self.record("renew_head", None, was=was.sequence if was else None, now=last.sequence)
        return last.sequence

    def prune(self, before: date) -> int:
        """Take away lines older than ``before``, keeping the hash they end with; return how many.

        Raises
        ------
        ConfigError
            When lines of the last six months would go.
        """
        newest = self._store().read(
            lambda connection: connection.scalar(sa.select(sa.func.max(audit_line.c.recorded_at)))
        )
        today = datetime.now(UTC).date()  # of a clock that may run ahead: the record itself says what is six months old
        youngest = min(today, newest.date() if newest else today) - timedelta(days=KEPT_DAYS)
        if before > youngest:
            raise ConfigError(
                f"Audit lines are kept for {KEPT_DAYS} days; name a day not after {youngest}.",
                f"审计记录至少保存 {KEPT_DAYS} 天，请给出不晚于 {youngest} 的日期。",
            )
        limit = datetime.combine(before, time.min)

        line = self.line("prune", None)

        def take_away(connection: sa.Connection) -> int:
            # A line of a clock that was set back may be dated before younger ones that it follows.
            kept = (
                sa.select(sa.func.min(audit_line.c.sequence)).where(audit_line.c.recorded_at >= limit).scalar_subquery()
            )
            old = sa.select(audit_line.c.sequence, audit_line.c.hash).where(
                audit_line.c.sequence < sa.func.coalesce(kept, audit_line.c.sequence + 1)
            )
            last = connection.execute(old.order_by(audit_line.c.sequence.desc()).limit(1)).first()
            if last is None:
                return 0
            gone = connection.execute(
                sa.select(sa.func.count()).where(audit_line.c.sequence <= last.sequence)
            ).scalar_one()
            line.update(self.line("prune", None, last=last.sequence, lines=gone))
            self.add(connection, line)
            connection.execute(
                sa.insert(audit_checkpoint).values(
                    sequence=last.sequence, hash=last.hash, pruned_at=line["recorded_at"]
                )
            )
            connection.execute(sa.delete(audit_line).where(audit_line.c.sequence <= last.sequence))
            return gone

        gone = self._store().prune(take_away)
        if gone:
            self.remember(line)
        return gone

    def _add(self, line: dict[str, Any]) -> None:
        for _ in range(ADD_ATTEMPTS):
            with contextlib.suppress(LineTakenError):
                self._store().write(lambda connection: self.add(connection, line))
                return
        raise StoreBusyError("Too many write to the audit record at once.", "同时写入审计记录的请求过多。")

    @staticmethod
    def _last(connection: sa.Connection) -> tuple[int, str]:
        for newest in _NEWEST:
            row = connection.execute(newest).first()
            if row is not None:
                return int(row.sequence), str(row.hash)
        return 0, BEGINNING

    def remember(self, line: Mapping[str, Any]) -> None:
        """Move the head to a line that was committed, if it follows from what the head says.

        A head that is missing, damaged, or of another chain stays as it is, for :meth:`verify` to tell of.
        """
        try:
            with self._head.turn:
                self._move_head(line)
        except OSError as error:  # the line itself is kept: the head catches up with the next
            log.warning("audit.head could not be moved to line %s: %s", line["sequence"], error)

    def _move_head(self, line: Mapping[str, Any]) -> None:
        head = self._head.read()
        if head is None:
            follows = not self._store().read(lambda connection: self._has_own_before(connection, line["sequence"]))
        elif head.is_damaged or head.sequence >= line["sequence"]:
            return  # the latter: another process was quicker, or the record was cut off
        else:
            follows = head == Head(line["sequence"] - 1, line["previous_hash"]) or self._store().read(
                lambda connection: _has(connection, head)
            )
        if follows:
            self._head.write(Head(line["sequence"], line["hash"]))

    def _store(self) -> LedgerStore:
        return ledger_store(self._home)

    def _has_own_before(self, connection: sa.Connection, sequence: int) -> bool:
        own = audit_line.c.details.startswith(self._mark, autoescape=True)
        return (
            connection.execute(
                sa.select(audit_line.c.sequence).where(audit_line.c.sequence < sequence, own).limit(1)
            ).first()
            is not None
        )

    def _verified(self, connection: sa.Connection, head: Head | None) -> tuple[int, int, list[AuditFinding]]:
        """Return how many lines were read, the number of the last that this folder wrote, and what is wrong."""
        findings: list[AuditFinding] = []
        checkpoint = sa.select(audit_checkpoint).order_by(audit_checkpoint.c.sequence.desc()).limit(1)
        start = connection.execute(checkpoint).first()
        first, previous = (start.sequence, start.hash) if start else (0, BEGINNING)
        expected, read, own = first, 0, 0
        known = previous if head and head.sequence == first else None
        told, latest = start is None, None
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
            if latest and row["recorded_at"] < latest - CLOCK_TOLERANCE:
                findings.append(AuditFinding(row["sequence"], "clock_back"))
            previous, latest = row["hash"], row["recorded_at"]
            details = str(row["details"])
            told = told or (row["kind"] == "prune" and f'"last":{first},' in details)
            if head and head.sequence == expected:
                known = previous
            if details.startswith(self._mark):
                own = expected
        if not told:
            findings.append(AuditFinding(first, "unrecorded_prune"))
        if head and known != head.hash and head.sequence >= first:
            findings.append(AuditFinding(head.sequence, "cut_off" if head.sequence > expected else "changed"))
        return read, own, findings


def _has(connection: sa.Connection, head: Head) -> bool:
    """Return whether the record holds the line that the head says, or has pruned it."""
    pruned = connection.execute(sa.select(sa.func.max(audit_checkpoint.c.sequence))).scalar() or 0
    line = sa.select(audit_line.c.hash).where(audit_line.c.sequence == head.sequence)
    return head.sequence <= pruned or connection.execute(line).scalar() == head.hash


def line_hash(line: Mapping[str, Any] | sa.RowMapping) -> str:
    """Return the SHA-256 of the previous hash and every field of a line."""
    fields = [str(line[name].isoformat() if name == "recorded_at" else line[name]) for name in _FIELDS]
    said = json.dumps([line["previous_hash"], *fields], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(said.encode()).hexdigest()


def _storable(text: str) -> str:
    """Return ``text`` with what no store keeps, NUL and halves of characters (from a command line), written out."""
    return text.replace("\0", "\\x00").encode("utf-8", "backslashreplace").decode()


def _plain(details: Mapping[str, object]) -> dict[str, object]:
    return {
        key: value if isinstance(value, (str, int, float, bool, list, type(None))) else str(value)
        for key, value in details.items()
    }
