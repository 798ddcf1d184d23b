"""Alarms answered: their ring must be one of config/response.toml, which says by when somebody had to be there."""

from __future__ import annotations

import pandas as pd

from data_access.importing.problems import Problems
from data_access.local_rules import response_rings


def with_due_times(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with ``due_at`` filled from the minutes of their ring where the file does not give it."""
    minutes = frame["class_code"].map({key: ring.minutes for key, ring in response_rings().items()})
    received = pd.to_datetime(frame["received_at"])
    due = received + pd.to_timedelta(pd.to_numeric(minutes).astype(float), unit="min").dt.round("s")
    given = pd.to_datetime(frame["due_at"])
    return frame.assign(due_at=given.where(given.notna(), due))


def check_response_rows(frame: pd.DataFrame, problems: Problems) -> None:
    """Note alarms of a ring that is not known, and so without a time limit."""
    problems.add(~frame["class_code"].isin(list(response_rings())), "unknown_ring", "class_code", frame["class_code"])
