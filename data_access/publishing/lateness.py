"""How long each county has been silent in each source, and how likely so long a silence is by chance."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import sqlalchemy as sa

from data_access import schema
from data_access.access import read_config
from data_access.publishing.coverage import last_days
from data_access.publishing.engine import Rows

COLUMNS = ["source", "region_code", "last_day", "days_late", "chance"]


def source_lateness(rows: Rows, path: sa.Table, coverage: pd.DataFrame, through: date) -> pd.DataFrame:
    """Return the rows of ``source_lateness``.

    With n rows over the days from its first row to the end of the span, a county sends n/days a day; the chance of a silence of d days
    is exp(−n/days·d), the Poisson probability of no row. A source that covers an earlier span only (``coverage``) is
    measured against the end of that span; one that rarely has anything to send (``late_usual_days``) is never late.
    Counts that arrive by period are on time when their last period is the source's last.
    """
    frames = []
    for table, when in (
        (schema.incident, schema.incident.c.occurred_on),
        (schema.dispute, sa.cast(schema.dispute.c.received_at, sa.Date)),
        (schema.alarm_response, sa.cast(schema.alarm_response.c.received_at, sa.Date)),
        (schema.reported_count, schema.reported_count.c.period_start),
    ):
        code = sa.func.coalesce(path.c.code_1, path.c.code_0)
        frame = rows.read(
            sa.select(
                table.c.source,
                code.label("region_code"),
                sa.func.min(when).label("first_day"),
                sa.func.max(when).label("last_day"),
                sa.func.count().label("rows"),
                (table.c.grain if table is schema.reported_count else sa.literal("day")).label("grain"),
            )
            .select_from(table.join(path, path.c.region_code == table.c.region_code))
            .group_by(table.c.source, code, *([table.c.grain] if table is schema.reported_count else []))
        )
        if len(frame):
            frames.append(frame.assign(counts=table is schema.reported_count))
    if not frames:
        return pd.DataFrame(columns=COLUMNS)
    spans = pd.concat(frames, ignore_index=True)
    spans["first_day"] = pd.to_datetime(spans["first_day"])
    latest = pd.Timestamp(through)
    last_day = last_days(pd.to_datetime(spans["last_day"]), spans["grain"])
    spans["last_day"] = last_day.where(last_day < latest, latest)
    ends = coverage.groupby("source")["last_day"].max()
    expected = spans["source"].map(ends).fillna(latest)
    expected = expected.where(expected < latest, latest)
    silent = (expected - spans["last_day"]).dt.days.clip(lower=0)
    # The silence counts as time watched: two rows in one week of fifteen years are a rare sender, not a busy one.
    days = (expected - spans["first_day"]).dt.days.clip(lower=0) + 1
    chance = np.exp(-spans["rows"] / days * silent)
    newest = spans.groupby("source")["last_day"].transform("max")
    rare = days / spans["rows"] > float(read_config("time_limits.toml")["late_usual_days"])
    on_time = (spans["counts"] & (spans["last_day"] == newest)) | (rare & ~spans["counts"])
    return spans.assign(days_late=silent.where(~on_time, 0), chance=chance.where(~on_time, 1.0))[COLUMNS]
