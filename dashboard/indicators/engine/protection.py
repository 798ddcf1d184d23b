"""Who may see small counts: suppression applied to results, by the role's permission."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from dashboard.indicators.catalogue import Indicator
from dashboard.periods import Period
from data_access.access import Scope
from data_access.queries import SnapshotReader


def protect(
    reader: SnapshotReader, scope: Scope, indicator: Indicator, frame: pd.DataFrame, periods: Sequence[Period]
) -> pd.DataFrame:
    return frame


def protect_breakdown(
    reader: SnapshotReader, scope: Scope, indicator: Indicator, frame: pd.DataFrame, period: Period, by: str
) -> pd.DataFrame:
    return frame
