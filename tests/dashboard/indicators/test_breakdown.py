"""What a figure is made of adds up to it."""

from __future__ import annotations

import pytest

from dashboard.indicators import vocabulary as words
from dashboard.indicators.breakdown import by_class
from dashboard.indicators.evaluate import values


def test_classes_add_up_to_the_figure(reader, city_scope, counties):
    frame = by_class(reader, city_scope, "MT1", counties, "2024")
    whole = values(reader, city_scope, "MT1", counties, "2024")["numerator"]
    assert frame["numerator"].groupby("region_code").sum().reindex(counties).tolist() == whole.tolist()
    assert frame["value"].groupby("region_code").sum().to_numpy() == pytest.approx(1)


def test_channels_add_up_to_the_figure(reader, city_scope):
    root = [city_scope.region_code]
    frame = by_class(reader, city_scope, "MT1", root, "2024", by="channel")
    patrols = values(reader, city_scope, "GRD3", root, "2024").iloc[0]
    assert frame.loc[(root[0], "grid"), "numerator"] == patrols["numerator"]
    assert frame["numerator"].sum() == patrols["denominator"]


def test_causes_of_homicide_are_merged_over_three_years(reader, city_scope):
    root = city_scope.region_code
    frame = by_class(reader, city_scope, "JQ3", [root], "2024")
    share = values(reader, city_scope, "JQ3", [root], "2024").iloc[0]
    assert frame["numerator"].sum() == share["denominator"] == 74
    assert frame.loc[[(root, "01"), (root, "04")], "numerator"].sum() == share["numerator"]


def test_a_class_that_did_not_occur_is_none(reader, city_scope, townships):
    frame = by_class(reader, city_scope, "criminal_alarms", townships, "2024Q1")
    empty = frame[frame["numerator"] == 0]
    assert len(empty)
    assert empty["status"].isin(words.WITH_VALUE).all()
    assert (empty["upper"] > 0).all()


def test_a_rate_gives_each_class_its_own_rate(reader, city_scope):
    root = city_scope.region_code
    frame = by_class(reader, city_scope, "JQ1r", [root], "2024Q4")
    whole = values(reader, city_scope, "JQ1r", [root], "2024Q4").iloc[0]
    assert frame["value"].sum() == pytest.approx(whole["value"])
    assert (frame["denominator"] == whole["denominator"]).all()


def test_money_is_divided_without_an_interval(reader, city_scope):
    frame = by_class(reader, city_scope, "JF3", [city_scope.region_code], "2024")
    assert frame["value"].sum() == pytest.approx(1)
    assert frame["lower"].isna().all()


@pytest.mark.parametrize("indicator", ["YG1", "BH2b", "GRD1", "YJ1"])
def test_what_has_no_classes_says_so(reader, city_scope, indicator):
    if indicator in ("BH2b",):
        assert len(by_class(reader, city_scope, indicator, [city_scope.region_code], "2024")) == 6
        return
    with pytest.raises(ValueError, match=indicator):
        by_class(reader, city_scope, indicator, [city_scope.region_code], "2024")


def test_outside_the_data_there_is_one_row_that_says_why(reader, city_scope):
    frame = by_class(reader, city_scope, "MT1", [city_scope.region_code], "2015")
    assert frame["status"].tolist() == [words.NO_DATA]
