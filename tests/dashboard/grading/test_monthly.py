"""Months are read as the definition of an indicator says: by class and channel, and nothing as none where it says so."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dashboard.grading.monthly import read_monthly
from dashboard.grading.settings import Component, index_settings
from dashboard.indicators.catalogue import Term, find_indicator, load_catalogue
from dashboard.indicators.evaluate import series
from dashboard.periods import Period
from data_access.queries import SnapshotReader

MONTHS = pd.period_range("2024-01", "2024-12", freq="M")


@pytest.fixture
def counties(reader, city_scope) -> list[str]:
    regions = reader.regions(city_scope)
    return regions.index[regions["depth"] == 1].tolist()


@pytest.mark.parametrize("key", ["GRD3", "BH2", "YJ3", "homicide_incidents", "JQ4a"])
def test_months_are_those_of_the_indicator(reader, city_scope, counties, key):
    item = find_indicator(key).model_copy(update={"window": "period"})
    terms = item.numerator
    asked = series(reader, city_scope, item, counties, [Period.parse(str(month)) for month in MONTHS])
    expected = asked["numerator"].to_numpy().reshape(len(counties), len(MONTHS))
    np.testing.assert_allclose(read_monthly(reader, city_scope, counties, MONTHS, terms).terms(terms), expected)


def test_who_reports_nothing_has_none_only_where_the_definition_says_so_and_a_source_was_heard(
    reader, city_scope, counties, monkeypatch
):
    """A county's months are taken out of a measure that arrives counted."""
    measure = "authenticity_checked"
    covered = reader.coverage(city_scope).query("measure == @measure")
    assert set(covered["basis"]) == {"counts"}
    real = SnapshotReader.monthly_values

    def without_a_county(self, *arguments):
        labels, values = real(self, *arguments)
        others = labels["region_code"] != counties[0]
        return {name: label[others] for name, label in labels.items()}, values[others]

    monkeypatch.setattr(SnapshotReader, "monthly_values", without_a_county)
    plain = Term(measure=measure)
    none = plain.model_copy(update={"absent_is_zero": True})
    months = pd.period_range("2019-11", "2024-12", freq="M")
    read = read_monthly(reader, city_scope, counties, months, [plain, none])
    before = months < pd.Period(pd.Timestamp(covered["first_day"].min()), "M")
    as_reported, with_zeros = read.terms([plain])[0], read.terms([none])[0]
    assert np.isnan(as_reported).all()
    assert before.any() and np.isnan(with_zeros[before]).all(), "before the source began nothing is not none"
    assert (with_zeros[~before] == 0).all()
    others = read.terms([plain])[1:]
    np.testing.assert_array_equal(read.terms([none])[1:][np.isfinite(others)], others[np.isfinite(others)])


def test_an_indicator_with_a_window_of_its_own_is_refused_for_grading():
    own = next(
        item
        for item in load_catalogue().values()
        if isinstance(item.denominator, tuple) and any(term.window for term in item.terms)
    )
    line = index_settings().components["resolution_on_time"].model_dump()
    with pytest.raises(ValueError, match="window of its own"):
        Component(**{**line, "indicators": (own.id,)})
    assert find_indicator("BH2").id in Component(**line).indicators
