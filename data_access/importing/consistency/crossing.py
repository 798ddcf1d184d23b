"""What rows must keep to together: no thing twice, known originals and meetings, parts not above wholes, awards in the fund."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import sqlalchemy as sa

from data_access import schema
from data_access.importing.consistency.awards import awards_over_the_fund
from data_access.importing.settings import import_settings
from data_access.store.engines import read_frame

COLUMNS = ["source_id", "reason", "column", "value"]
_VIEW = "crossing_rows"
_Check = Callable[[sa.Connection, sa.Table, sa.TableClause, str], pd.DataFrame]


def crossing_rows(connection: sa.Connection, table_name: str, source: str, parts: Sequence[Path]) -> pd.DataFrame:
    """Return the staged rows that contradict others, staged or held, as ``source_id, reason, column, value``.

    Of several that contradict each other only as many are returned as must go; what is held already stays.
    """
    check = _CHECKS.get(table_name)
    if check is None or not parts:
        return pd.DataFrame(columns=COLUMNS)
    table = schema.metadata.tables[table_name]
    listed = ", ".join("'" + str(part).replace("'", "''") + "'" for part in parts)
    connection.exec_driver_sql(f"create or replace temporary view {_VIEW} as select * from read_parquet([{listed}])")  # nosec B608  # own paths, quoted
    staged = sa.table(_VIEW, *(sa.column(column.name, column.type) for column in table.columns))
    frame = check(connection, table, staged, source)
    return frame.drop_duplicates("source_id")[COLUMNS]


def taken_out(parts: Sequence[Path], refused: pd.DataFrame) -> pd.DataFrame:
    """Take the refused rows out of the staged files, and return them as they were staged."""
    ids = pa.array(refused["source_id"].tolist(), pa.string())
    frames = []
    for part in parts:
        rows = pq.read_table(part)
        gone = pc.is_in(rows["source_id"], value_set=ids)
        if pc.any(gone).as_py():
            frames.append(rows.filter(gone).to_pandas())
            pq.write_table(rows.filter(pc.invert(gone)), part, compression="lz4")
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()


def _second_packages(connection: sa.Connection, table: sa.Table, staged: sa.TableClause, source: str) -> pd.DataFrame:
    names = ["source", "source_id", "dispute_source_id", "found_on", "closed_on"]
    both = _with_held(table, staged, names)
    is_open = sa.and_(both.c.dispute_source_id.is_not(None), both.c.dispute_source_id != "", both.c.closed_on.is_(None))
    place = sa.func.row_number().over(
        partition_by=both.c.dispute_source_id, order_by=[both.c.is_staged, both.c.found_on, both.c.source_id]
    )
    ranked = sa.select(both, place.label("place")).where(is_open).subquery()
    frame = read_frame(
        connection,
        sa.select(ranked.c.source_id, ranked.c.dispute_source_id.label("value")).where(
            ranked.c.place > 1, ranked.c.is_staged == 1
        ),
    )
    second = frame.assign(reason="second_package", column="dispute_source_id")
    return pd.concat([second, _packages_before_disputes(connection, staged)], ignore_index=True)


def _packages_before_disputes(connection: sa.Connection, staged: sa.TableClause) -> pd.DataFrame:
    """Return packages found before the day that their dispute was received, where that dispute is held."""
    received = sa.cast(schema.dispute.c.received_at, sa.Date)
    frame = read_frame(
        connection,
        sa.select(staged.c.source_id, staged.c.found_on, sa.func.min(received).label("received_on"))
        .join_from(staged, schema.dispute, schema.dispute.c.source_id == staged.c.dispute_source_id)
        .group_by(staged.c.source_id, staged.c.found_on)
        .having(sa.func.min(received) > staged.c.found_on),
    )
    return _said_of_days(frame, "found_on", "received_on", "found_before_dispute")


def _outside_meetings(connection: sa.Connection, table: sa.Table, staged: sa.TableClause, source: str) -> pd.DataFrame:
    """Return what was decided at no known meeting, at one that was not held, or before it was."""
    meeting = schema.meeting
    is_right = meeting.c.source_id == staged.c.meeting_source_id
    if table.name == "consultation_item":
        is_right &= meeting.c.kind == "consultation"
    rows = read_frame(
        connection,
        sa.select(
            staged.c.source_id,
            staged.c.meeting_source_id,
            staged.c.decided_on,
            sa.func.count(meeting.c.source_id).label("known"),
            sa.func.min(meeting.c.held_on).label("held_on"),
        )
        .select_from(staged.outerjoin(meeting, is_right))
        .where(staged.c.meeting_source_id.is_not(None), staged.c.meeting_source_id != "")
        .group_by(staged.c.source_id, staged.c.meeting_source_id, staged.c.decided_on),
    )
    unknown = rows[rows["known"] == 0]
    unknown = unknown.assign(value=unknown["meeting_source_id"], reason="unknown_meeting", column="meeting_source_id")
    held = pd.to_datetime(rows["held_on"])
    early = rows[(rows["known"] > 0) & ~(held <= pd.to_datetime(rows["decided_on"]))]
    early = _said_of_days(early, "decided_on", "held_on", "decided_without_meeting")
    return pd.concat([unknown, early], ignore_index=True)


def _standing_twice(*keys: str, column: str) -> _Check:
    """Return the check that refuses rows which say the same of ``keys`` as another row, under another id."""

    def check(connection: sa.Connection, table: sa.Table, staged: sa.TableClause, source: str) -> pd.DataFrame:
        both = _with_held(table, staged, ["source_id", *keys])
        place = sa.func.row_number().over(
            partition_by=[both.c[key] for key in keys], order_by=[both.c.is_staged, both.c.source_id]
        )
        ranked = sa.select(both, place.label("place")).subquery()
        frame = read_frame(
            connection,
            sa.select(ranked.c.source_id, ranked.c[column].label("value")).where(
                ranked.c.place > 1, ranked.c.is_staged == 1, ranked.c[column].is_not(None)
            ),
        )
        return frame.assign(reason="stands_twice", column=column, value=frame["value"].astype("str"))

    return check


def _adopted_by_too_many(
    connection: sa.Connection, table: sa.Table, staged: sa.TableClause, source: str
) -> pd.DataFrame:
    region = schema.region
    townships = connection.scalar(
        sa.select(sa.func.count()).where(region.c.level == "township", region.c.valid_to.is_(None))
    )
    frame = read_frame(
        connection,
        sa.select(staged.c.source_id, staged.c.adopted_townships).where(staged.c.adopted_townships > townships),
    )
    value = [f"{adopted:.0f} > {townships}" for adopted in frame["adopted_townships"]]
    return frame.assign(reason="more_than_townships", column="adopted_townships", value=value)


def _said_of_days(frame: pd.DataFrame, column: str, other: str, reason: str) -> pd.DataFrame:
    days = [pd.to_datetime(frame[name]).dt.strftime("%Y-%m-%d").fillna("–") for name in (column, other)]
    value = [f"{day} < {limit} ({other})" for day, limit in zip(*days, strict=True)]
    return frame.assign(reason=reason, column=column, value=value)


def _unknown_originals(connection: sa.Connection, table: sa.Table, staged: sa.TableClause, source: str) -> pd.DataFrame:
    named = staged.c.merged_into
    other = staged.alias("other")
    known = sa.or_(
        sa.exists().where(other.c.source_id == named),
        sa.exists().where(table.c.source == source, table.c.source_id == named),
    )
    frame = read_frame(
        connection,
        sa.select(staged.c.source_id, named.label("value")).where(named.is_not(None), named != "", sa.not_(known)),
    )
    return frame.assign(reason="unknown_original", column="merged_into")


def _parts_above_wholes(
    connection: sa.Connection, table: sa.Table, staged: sa.TableClause, source: str
) -> pd.DataFrame:
    pairs = import_settings().parts_of_whole
    key = ("source", "region_code", "period_start", "grain", "class_code", "channel")
    both = _with_held(table, staged, ["source_id", "measure", "value", *key])
    part, whole = both.alias("part"), both.alias("whole")
    same = sa.and_(*(part.c[name] == whole.c[name] for name in key))
    paired = sa.or_(
        *(sa.and_(part.c.measure == one, whole.c.measure == all_of) for one, all_of in pairs.items()), sa.false()
    )
    frame = read_frame(
        connection,
        sa.select(
            sa.case((part.c.is_staged == 1, part.c.source_id), else_=whole.c.source_id).label("source_id"),
            part.c.value.label("part_value"),
            whole.c.value.label("whole_value"),
            whole.c.measure,
        )
        .select_from(part.join(whole, sa.and_(same, paired)))
        .where(part.c.value > whole.c.value, sa.or_(part.c.is_staged == 1, whole.c.is_staged == 1)),
    )
    value = [
        f"{part:g} > {whole:g} ({measure})"
        for part, whole, measure in zip(frame["part_value"], frame["whole_value"], frame["measure"], strict=True)
    ]
    return frame.assign(reason="part_above_whole", column="value", value=value)


def _awards_over_the_fund(
    connection: sa.Connection, table: sa.Table, staged: sa.TableClause, source: str
) -> pd.DataFrame:
    return awards_over_the_fund(connection, _with_held(table, staged, ["source_id", "awarded_on", "amount"]))


def _with_held(table: sa.Table, staged: sa.TableClause, names: Sequence[str]) -> sa.Subquery:
    """Return staged rows and those held that they don't replace."""
    replaced = sa.exists().where(staged.c.source == table.c.source, staged.c.source_id == table.c.source_id)
    fresh = sa.select(*(staged.c[name].cast(table.c[name].type) for name in names), sa.literal(1).label("is_staged"))
    held = sa.select(*(table.c[name] for name in names), sa.literal(0).label("is_staged")).where(sa.not_(replaced))
    return sa.union_all(fresh, held).subquery()


_CHECKS: dict[str, _Check] = {
    "case_package": _second_packages,
    "consultation_item": _outside_meetings,
    "data_delivery": _standing_twice("region_code", "department", "data_set", "due_on", column="data_set"),
    "decision": _outside_meetings,
    "dispute": _unknown_originals,
    "facility": _standing_twice("region_code", "kind", "name", column="name"),
    "fund_award": _awards_over_the_fund,
    "meeting": _standing_twice("region_code", "kind", "due_on", column="due_on"),
    "pilot_site": _adopted_by_too_many,
    "reported_count": _parts_above_wholes,
    "survey": _standing_twice("region_code", "period_start", "question", column="question"),
    "veto": _standing_twice("region_code", "year", "veto_kind", "reason_kind", "document_no", column="document_no"),
}
