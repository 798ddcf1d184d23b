"""Early warning: whether the last whole month counts more cases than the same season of past years leads one to expect."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard import formatting
from dashboard.i18n import t
from dashboard.indicators.catalogue import PERSON_YEARS, Indicator
from dashboard.periods import Period
from dashboard.screens.trends.series import has_value, lacks_notes

ALARM, HIDDEN, NO_MONTHS, ENDED = "alarm", "hidden", "no_months", "ended"
NOT_WHOLE = frozenset({"period_running", "starts_late", "ends_early", "late"})
"""Notes of a month whose cases are not all in."""
COLUMNS = ("month", "observed", "expected", "upper", "reason")


@dataclass(frozen=True)
class EarlyWarning:
    """What the early warning says of one month."""

    month: str
    reason: str
    """``alarm``, ``ordinary``, ``too_few_cases``, ``undefined`` (too few past years), ``hidden`` (small counts that the role
    may not see), ``no_months`` (the source tells years only) or ``ended`` (it told months, but not up to this one)."""
    until: str = ""
    """The last month that the source told, where that is not this one."""
    observed: float = np.nan
    expected: float = np.nan
    upper: float = np.nan

    def sentence(self, indicator: Indicator, language: str) -> str:
        """Return it in words, with the unit of what ``indicator`` counts."""
        observed = formatting.number(self.observed)
        return t(
            f"trends.warning_{self.reason}",
            language,
            month=Period.parse(self.month).label(language),
            until=Period.parse(self.until).label(language) if self.until else "",
            unit=indicator.numerator_unit(language, observed),
            observed=observed,
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
    whole = lacks_notes(months, NOT_WHOLE)
    if not whole.any():
        return None
    past = months[: np.flatnonzero(whole)[-1] + 1]
    period = past["period"].tolist()
    if "suppressed" in past["status"].tolist():
        return EarlyWarning(period[-1], HIDDEN)
    known = has_value(past) & whole[: len(past)]
    if not known.any():
        return EarlyWarning(period[-1], NO_MONTHS)
    if not known[-1]:
        return EarlyWarning(period[-1], ENDED, until=period[np.flatnonzero(known)[-1]])
    cases = np.where(known, past["numerator"].to_numpy(float), np.nan)
    people = past["denominator"].to_numpy(float) if indicator.denominator == PERSON_YEARS else np.ones(len(past))
    from dashboard.statistics.early_warning import early_warnings  # heavy

    found = early_warnings(cases, np.nan_to_num(people))
    observed, expected, upper = (float(each[0]) for each in (found.observed, found.expected, found.upper))
    return EarlyWarning(period[-1], str(found.reason[0]), observed=observed, expected=expected, upper=upper)


def warning_table(warning: EarlyWarning | None, indicator: Indicator, language: str) -> pd.DataFrame:
    """Return the warning as one row of ``COLUMNS``; none without one."""
    if warning is None:
        return pd.DataFrame(columns=list(COLUMNS))
    figures = [warning.month, warning.observed, warning.expected, warning.upper, warning.sentence(indicator, language)]
    return pd.DataFrame([figures], columns=list(COLUMNS))
