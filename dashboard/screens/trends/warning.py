"""Early warning: whether the last whole month counts more cases than the same season of past years leads one to expect."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard import formatting
from dashboard.i18n import t
from dashboard.indicators.catalogue import PERSON_YEARS, Indicator
from dashboard.indicators.vocabulary import WITH_VALUE

ALARM, UNDEFINED, HIDDEN = "alarm", "undefined", "hidden"
NOT_WHOLE = {"period_running", "starts_late", "ends_early", "late"}
"""Notes of a month whose cases are not all in."""
COLUMNS = ("month", "observed", "expected", "upper", "reason")


@dataclass(frozen=True)
class EarlyWarning:
    """What the early warning says of one month."""

    month: str
    reason: str
    """``alarm``, ``ordinary``, ``too_few_cases``, ``undefined`` or ``hidden`` (small counts that the role may not see)."""
    observed: float = np.nan
    expected: float = np.nan
    upper: float = np.nan

    def sentence(self, language: str) -> str:
        """Return it in words."""
        return t(
            f"trends.warning_{self.reason}",
            language,
            month=self.month,
            observed=formatting.number(self.observed),
            expected=formatting.number(self.expected, 1),
            upper=formatting.number(self.upper),
        )

    @property
    def moment(self) -> pd.Timestamp:
        """The month as charts take it."""
        return pd.Timestamp(f"{self.month}-01")


def early_warning(months: pd.DataFrame, indicator: Indicator) -> EarlyWarning | None:
    """Judge the last whole month of an indicator that counts cases; None for one that doesn't, or without a month.

    Parameters
    ----------
    months : DataFrame
        The indicator month by month, oldest first, as ``series`` gives it: ``period, status, notes, numerator,
        denominator``. Only figures that may be shown take part.
    indicator : Indicator
    """
    if indicator.kind not in ("rate", "count") or not indicator.interval:
        return None
    whole = np.array([not NOT_WHOLE.intersection(notes) for notes in months["notes"]], bool)
    judged = np.flatnonzero(whole)
    if not len(judged):
        return None
    past = months.iloc[: judged[-1] + 1]
    month = str(past["period"].iloc[-1])
    if (past["status"] == "suppressed").any():
        return EarlyWarning(month, HIDDEN)
    known = past["status"].isin(WITH_VALUE).to_numpy() & whole[: len(past)]
    cases = np.where(known, past["numerator"].to_numpy(float), np.nan)
    people = past["denominator"].to_numpy(float) if indicator.denominator == PERSON_YEARS else np.ones(len(past))
    from dashboard.statistics.early_warning import early_warnings  # heavy

    found = early_warnings(cases, np.nan_to_num(people))
    return EarlyWarning(
        month, str(found.reason[0]), float(found.observed[0]), float(found.expected[0]), float(found.upper[0])
    )


def warning_table(warning: EarlyWarning | None, language: str) -> pd.DataFrame:
    """Return the warning as one row of ``COLUMNS``; none without one."""
    if warning is None:
        return pd.DataFrame(columns=list(COLUMNS))
    figures = [warning.month, warning.observed, warning.expected, warning.upper, warning.sentence(language)]
    return pd.DataFrame([figures], columns=list(COLUMNS))
