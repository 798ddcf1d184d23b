"""Write events and read items: the current state of an item is its last event."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, NoReturn

import sqlalchemy as sa

from data_access.access import Scope
from data_access.audit import AuditBook
from data_access.audit.book import ADD_ATTEMPTS, LineTakenError
from data_access.clock import local_time
from data_access.errors import ConflictError, ScopeError, StoreBusyError, WriteRefused
from data_access.home import Home
from data_access.ledger.checks import check_names, check_step, checked_reason, checked_values
from data_access.ledger.item import Item, change_lines
from data_access.ledger.settings import ledger_settings
from data_access.queries import SnapshotReader
from data_access.schema.ledger_event import ledger_event
from data_access.store.ledger_engine import LedgerStore, TakenError, ledger_store

MOST_ITEMS = 500
_ID_LENGTH = ledger_event.c.item_id.type.length  # type: ignore[attr-defined]


class Ledger:
    """What people decided, within a scope. Safe for many threads, and for several processes of one machine.

    Parameters
    ----------
    store : LedgerStore
        From :func:`data_access.store.ledger_engine.ledger_store`.
    reader : SnapshotReader
        Knows which regions there are and which of them a scope holds.
    """

    def __init__(self, store: LedgerStore, reader: SnapshotReader) -> None:
        self._store = store
        self._reader = reader

    @classmethod
    def open(cls, home: Home) -> Ledger:
        """Open the ledger of ``home``, making it when absent."""
        return cls.beside(SnapshotReader(home))

    @classmethod
    def beside(cls, reader: SnapshotReader) -> Ledger:
        """Open the ledger that belongs to the data of ``reader``, making it when absent."""
        return cls(ledger_store(reader.home), reader)

    # -- reading ------------------------------------------------------------------------------------------------------

    def items(
        self,
        scope: Scope,
        kind: str,
        *,
        region_code: str | None = None,
        states: Sequence[str] = (),
        parent_id: str | None = None,
        limit: int = MOST_ITEMS,
    ) -> list[Item]:
        """Return items of one kind as they stand, last changed first.

        Parameters
        ----------
        scope : Scope
        kind : str
            A kind of config/ledger.toml.
        region_code : str, optional
            Items of this region and all below it; all of the scope unless given.
        states : sequence of str, optional
        parent_id : str, optional
            Items that belong to this one.
        limit : int
            At most 500.
        """
        ledger_settings().kind(kind)
        tests = [ledger_event.c.kind == kind, self._inside(scope, region_code), _is_last()]
        if states:
            tests.append(ledger_event.c.state.in_(list(states)))
        if parent_id is not None:
            tests.append(ledger_event.c.parent_id == parent_id)
        statement = sa.select(ledger_event).where(*tests).order_by(ledger_event.c.event_id.desc())
        return self._read(scope, statement.limit(min(max(limit, 0), MOST_ITEMS)))

    def named_items(self, scope: Scope, item_ids: Sequence[str]) -> dict[str, Item]:
        """Return the items of these ids as they stand, as far as they exist in scope."""
        found: dict[str, Item] = {}
        for start in range(0, len(item_ids), MOST_ITEMS):
            part = list(item_ids[start : start + MOST_ITEMS])
            statement = sa.select(ledger_event).where(
                ledger_event.c.item_id.in_(part), self._inside(scope, None), _is_last()
            )
            found |= {item.item_id: item for item in self._read(scope, statement)}
        return found

    def item(self, scope: Scope, item_id: str) -> Item | None:
        """Return one item as it stands; None when it doesn't exist or is out of scope."""
        return self.named_items(scope, [item_id]).get(item_id)

    def history(self, scope: Scope, item_id: str) -> list[Item]:
        """Return every version of an item, first to last; empty when it doesn't exist or is out of scope."""
        statement = sa.select(ledger_event).where(ledger_event.c.item_id == item_id, self._inside(scope, None))
        return self._read(scope, statement.order_by(ledger_event.c.version))

    # -- writing ------------------------------------------------------------------------------------------------------

    def write(
        self,
        scope: Scope,
        *,
        kind: str,
        region_code: str,
        state: str,
        values: Mapping[str, object],
        snapshot_id: str,
        item_id: str | None = None,
        seen_version: int = 0,
        reason: str = "",
        parent_id: str | None = None,
        published: Mapping[str, object] | None = None,
        subject: str | None = None,
    ) -> Item:
        """Add one event and return the item as it then stands.

        Sending the same again adds nothing.

        Parameters
        ----------
        scope : Scope
            Who writes; role and region are kept with the event.
        kind, state : str
        region_code : str
            Within the scope; an item never changes its region.
        values : mapping
            Fields to change; the others keep what they say.
        snapshot_id : str
            The data that the writer saw.
        item_id : str, optional
            A new item gets an id of its own unless given.
        seen_version : int
            The version that the writer saw; 0 for a new item.
        reason : str
        parent_id : str, optional
        published : mapping, optional
            For the first event on a published record: its row, kept as what stood before.
        subject : str, optional
            Opaque id of the signed-in account.

        Raises
        ------
        ScopeError
            When the region is out of scope or the role may not do this.
        WriteRefused
            When a field, the reason or the step can't be accepted; nothing was written.
        ConflictError
            When the item has changed since ``seen_version``; nothing was written.
        """
        path = _path_text(self._reader.region_path(scope, region_code))
        rules = ledger_settings().kind(kind)
        key = item_id or uuid.uuid4().hex
        if not key or len(key) > _ID_LENGTH:
            raise WriteRefused("The item's id is too long.", "事项编号过长。", code="item_id")
        check_names(item_id=key, parent_id=parent_id, snapshot_id=snapshot_id, subject=subject)

        book = AuditBook(self._reader.home)
        said = {"item": key, "of": kind, "state": state, "region": region_code, "version": seen_version + 1}
        line = book.line("decision", scope, snapshot_id, **said)

        def add(connection: sa.Connection) -> tuple[Item, bool]:
            last = self._last(connection, key)
            if last is not None:
                self._check_place(scope, last, kind, region_code)
            elif seen_version:
                raise _elsewhere(key)
            base = dict(last.values) if last else {}
            if last is not None and last.version != seen_version:
                # What the writer meant stands on what they saw, not on what others wrote since.
                seen = self._version(connection, key, seen_version)
                base = dict(seen.values) if seen else {}
            after = checked_values(kind, {**base, **values})
            why = checked_reason(rules, state, reason)
            if last is not None and _says_the_same(last, scope, state, after, why, seen_version):
                return last, False
            if last is not None and seen_version != last.version:
                _conflict(last, self._version(connection, key, seen_version))
            check_step(scope, kind, last.state if last else None, state)
            due = after.get("due_on")
            connection.execute(
                sa.insert(ledger_event).values(
                    item_id=key,
                    version=seen_version + 1,
                    kind=kind,
                    state=state,
                    region_code=region_code,
                    region_path=path,
                    parent_id=parent_id if last is None else last.parent_id,
                    due_on=date.fromisoformat(str(due)) if due else None,
                    role=scope.role,
                    role_region=scope.region_code,
                    subject=subject,
                    recorded_at=datetime.now(UTC).replace(tzinfo=None),
                    before=_plain(published) if last is None else dict(last.values),
                    after=after,
                    reason=why,
                    snapshot_id=snapshot_id,
                )
            )
            written = self._last(connection, key)
            assert written is not None
            book.add(connection, line)  # no event without its line, and no line without its event
            return written, True

        try:
            written, is_new = self._written(add, self._path(scope))
        except ScopeError:
            book.record_refused(scope, snapshot_id, item=key, of=kind, state=state)
            raise
        except TakenError:
            # Another writer's event came first, or the item lies where this writer sees nothing.
            current = self.item(scope, key)
            if current is None:
                book.record_refused(scope, snapshot_id, item=key, of=kind, state=state)
                raise _elsewhere(key) from None
            _conflict(current, next((each for each in self.history(scope, key) if each.version == seen_version), None))
        if is_new:
            book.remember(line)
        return written

    # -- inside -------------------------------------------------------------------------------------------------------

    def _written(self, add: Callable[[sa.Connection], tuple[Item, bool]], path: str) -> tuple[Item, bool]:
        """Return what ``add`` gives, begun again when another's audit line came between."""
        for _ in range(ADD_ATTEMPTS):
            with contextlib.suppress(LineTakenError):
                return self._store.write(add, path)
        raise StoreBusyError("Too many write to the ledger at once. Send it again.", "同时填报的人过多，请重新提交。")

    def _path(self, scope: Scope) -> str:
        return _path_text(self._reader.region_path(scope, scope.region_code))

    def _inside(self, scope: Scope, region_code: str | None) -> sa.ColumnElement[bool]:
        path = _path_text(self._reader.region_path(scope, region_code or scope.region_code))
        return ledger_event.c.region_path.startswith(path, autoescape=True)

    def _read(self, scope: Scope, statement: sa.Select) -> list[Item]:
        return [_item(row) for row in self._store.select(statement, self._path(scope))]

    @staticmethod
    def _last(connection: sa.Connection, item_id: str) -> Item | None:
        statement = sa.select(ledger_event).where(ledger_event.c.item_id == item_id)
        row = connection.execute(statement.order_by(ledger_event.c.version.desc()).limit(1)).first()
        return _item(row) if row else None

    @staticmethod
    def _version(connection: sa.Connection, item_id: str, version: int) -> Item | None:
        row = connection.execute(
            sa.select(ledger_event).where(ledger_event.c.item_id == item_id, ledger_event.c.version == version)
        ).first()
        return _item(row) if row else None

    def _check_place(self, scope: Scope, item: Item, kind: str, region_code: str) -> None:
        if item.kind != kind or item.region_code != region_code:
            raise _elsewhere(item.item_id)
        self._reader.region_path(scope, item.region_code)


def _elsewhere(item_id: str) -> ScopeError:
    """Return the answer to who names an item outside the scope, or of another kind: nothing of it is revealed."""
    return ScopeError(
        "There is no such item here: it belongs to another place or is of another kind. Load the page again.",
        "此处没有该事项：它属于其他区划或类型。请重新载入页面。",
        item_id=item_id,
    )


def _says_the_same(
    last: Item, scope: Scope, state: str, after: Mapping[str, object], reason: str, seen_version: int
) -> bool:
    """Return whether a write changes nothing: the same was sent before, or nothing was changed in the form."""
    if (last.state, dict(last.values)) != (state, dict(after)):
        return False
    if last.version == seen_version:
        return reason in ("", last.reason)
    return (last.role, last.role_region, last.reason) == (scope.role, scope.region_code, reason)


def _is_last() -> sa.ColumnElement[bool]:
    later = ledger_event.alias("later")
    return ~sa.exists().where(later.c.item_id == ledger_event.c.item_id, later.c.version > ledger_event.c.version)


def _path_text(path: Sequence[str]) -> str:
    return "".join(f"{code}/" for code in path)


def _plain(row: Mapping[str, object] | None) -> dict[str, object] | None:
    """Return a published row as JSON takes it."""
    if row is None:
        return None
    plain: dict[str, object] = {}
    for name, value in row.items():
        if value is None or value != value:
            plain[name] = None
        elif hasattr(value, "isoformat"):
            plain[name] = value.isoformat().removesuffix("T00:00:00")
        else:
            plain[name] = value.item() if hasattr(value, "item") else value
    return plain


def _item(row: Any) -> Item:
    return Item(
        item_id=row.item_id,
        kind=row.kind,
        version=row.version,
        state=row.state,
        values=row.after,
        before=row.before,
        region_code=row.region_code,
        parent_id=row.parent_id,
        due_on=row.due_on,
        role=row.role,
        role_region=row.role_region,
        recorded_at=row.recorded_at,
        reason=row.reason,
        snapshot_id=row.snapshot_id,
    )


def _conflict(current: Item, seen: Item | None) -> NoReturn:
    when = local_time(current.recorded_at)
    english = "; ".join(change_lines(seen, current, "en")) or "no field"
    chinese = "；".join(change_lines(seen, current, "zh")) or "内容未变"
    raise ConflictError(
        f"Somebody else changed this item meanwhile ({current.role_label('en')}, {when}): {english}. Nothing of yours was "
        "written and nothing of theirs was overwritten; what you typed is still here. Compare, then send it again.",
        f"该事项在您填写期间已被他人修改（{current.role_label('zh')}，{when}）：{chinese}。您的内容未写入，"
        "对方的内容未被覆盖；您填写的内容仍保留在表单中，请核对后再提交。",
        current=current,
        seen=seen,
    )
