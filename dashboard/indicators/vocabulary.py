"""The words every result carries: status and note keys, with which of them leave no value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

OK = "ok"
PARTIAL = "partial"
NO_DATA = "no_data"
NO_POPULATION = "no_population"
ZERO_DENOMINATOR = "zero_denominator"
SUPPRESSED = "suppressed"
FINER_THAN_SOURCE = "finer_than_source"
INCONSISTENT = "inconsistent"
UNAVAILABLE = "unavailable"

STATUSES = (
    OK,
    PARTIAL,
    NO_DATA,
    NO_POPULATION,
    ZERO_DENOMINATOR,
    SUPPRESSED,
    FINER_THAN_SOURCE,
    INCONSISTENT,
    UNAVAILABLE,
)
WITH_VALUE = (OK, PARTIAL)

NOTES = (
    "not_collected",
    "not_reported",
    "outside_coverage",
    "period_running",
    "starts_late",
    "ends_early",
    "cover_assumed",
    "late_regions",
    "carried_forward",
    "population_carried",
    "population_incomplete",
    "not_matured",
    "independence_assumed",
    "numerator_exceeds_denominator",
    "negative_count",
    "small_count",
    "level_too_fine",
    "role_level",
    "unavailable",
    "state_at_a_time",
    "no_chance_in_it",
    "overlapping_windows",
    "follow_up_differs",
    "not_finite",
    "boundary_comparable",
    "before_region",
    "unlike_periods",
)
SHORT_OF_DAYS = ("period_running", "starts_late", "ends_early")
"""Notes of a figure that lacks some days of its period: a count of those can't be compared with one of all."""

VALUE_COLUMNS = ["value", "lower", "upper", "lower_998", "upper_998"]
NUMBER_COLUMNS = [*VALUE_COLUMNS, "numerator", "denominator", "squares"]
COLUMNS = [*NUMBER_COLUMNS, "method", "status", "basis", "grain", "data_through", "notes"]
Values = Mapping[Any, Any] | pd.Series
"""One region's values of an indicator, or of its change, by the names of the columns."""
