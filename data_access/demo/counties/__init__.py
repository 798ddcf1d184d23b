"""What the county offices report: services, video, response and money."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from data_access.demo.counties.handling import hotline, petitions
from data_access.demo.counties.money import budget, fund
from data_access.demo.counties.prevention import connection, schools, video, watch
from data_access.demo.counties.services import resettlement, sunshine, youth
from data_access.demo.counts import count_rows
from data_access.demo.geography.regions import DemoCity
from data_access.demo.rhythm import Calendar
from data_access.demo.settings import DemoSettings


def county_counts(city: DemoCity, settings: DemoSettings, calendar: Calendar) -> Iterator[tuple[str, pa.Table]]:
    """Yield what the county offices report each month, and the budget of each year."""
    for part in (sunshine, youth, resettlement, video, connection, schools, watch, fund, hotline, petitions):
        for source, measure, values, options in part(city, settings, calendar):
            codes = options.pop("codes", city.counties.code)
            yield "reported_count", count_rows(source, measure, codes, calendar.months, values, **options)
    yield from (("reported_count", table) for table in budget(city, settings))
