"""The half-yearly survey on sense of safety, by county."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from data_access.demo.frames import chosen, joined, rows_of
from data_access.demo.partition import shares
from data_access.demo.regions import DemoCity
from data_access.demo.settings import DemoSettings

SOURCE = "statistics_bureau"


def build_survey(city: DemoCity, settings: DemoSettings) -> pa.Table:
    """Return one row per county and half-year; the year's pooled share is the one of the settings."""
    random = settings.random("survey")
    counties = len(city.counties.code)
    respondents, satisfied = [], []
    for share in settings.survey.satisfied:
        asked = shares(settings.survey.respondents, random.uniform(0.85, 1.15, 2 * counties))
        weight = asked * np.exp(-0.25 * np.tile(city.county_quality, 2))
        uneasy = random.multinomial(asked.sum() - round(asked.sum() * share), weight / weight.sum())
        respondents.append(asked)
        satisfied.append(asked - uneasy)
    halves = np.array([f"{year}-{month}-01" for year in settings.years for month in ("01", "07")], "datetime64[D]")
    half, county = np.repeat(np.arange(len(halves)), counties), np.tile(np.arange(counties), len(halves))
    code = chosen(city.counties.code, county)
    return rows_of(
        "survey",
        {
            "source": SOURCE,
            "source_id": joined(":", code, chosen(np.datetime_as_string(halves, "M").tolist(), half)),
            "region_code": code,
            "period_start": halves[half],
            "question": "sense_of_safety",
            "respondents": np.concatenate(respondents),
            "satisfied": np.concatenate(satisfied),
        },
    )
