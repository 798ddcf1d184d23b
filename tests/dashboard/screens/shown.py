"""What tests read of a screen."""

from __future__ import annotations

import pandas as pd


def frame(shown, key: str) -> pd.DataFrame:
    """Return the rows of one of a screen's tables."""
    return next(table for table in shown.tables if table.key == key).frame
