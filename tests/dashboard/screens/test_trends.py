"""The trends page draws whole windows and every month, those without a case as well."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from dashboard.context import Context
from dashboard.periods import Period
from dashboard.screens.trends.control import control_sentence
from dashboard.screens.trends.screen import trends_screen
from dashboard.statistics.control_charts import xmr_chart
from data_access.access import Scope
from data_access.queries import SnapshotReader


@pytest.fixture
def county(reader, city_scope):
    regions = reader.regions(city_scope)
    code = regions.index[regions["depth"] == 1][0]
    own = (("indicator", "JQ2"),)
    return trends_screen(reader, Context(code, Period.parse("2024Q4"), "zh", "light", city_scope, own))


def test_months_without_a_case_of_any_class_are_drawn_as_none(county):
    for _, own in county.classes.groupby("class_code"):
        months = pd.DatetimeIndex(own["period_start"])
        assert months.equals(pd.date_range("2020-01", "2024-12", freq="MS"))
    assert county.classes["value"].sum() == county.tables[1].frame["numerator"].sum()


def test_a_rolling_window_is_drawn_from_its_first_whole_one_on(county):
    assert county.series["period_start"].min() == pd.Timestamp("2020-12-01")
    assert county.series["last_year"].notna().sum() == len(county.series) - 12


@pytest.mark.parametrize(
    ("indicator", "said"),
    [
        ("JQ2", "近五年没有稳定的升降趋势（99.8% 检验）"),
        ("GRD1", "近五年上升（好转），超出偶然波动范围（99.8% 检验，去掉任一年仍上升）"),
        ("JQ3", ""),
        ("homicide_incidents", ""),
    ],
    ids=["few cases", "many reports", "years that overlap", "a count"],
)
def test_five_years_are_called_a_trend_only_beyond_chance(reader, city_scope, indicator, said):
    context = Context(city_scope.region_code, Period.parse("2024"), "zh", "light", city_scope)
    assert trends_screen(reader, replace(context, own=(("indicator", indicator),))).recent == said


def test_classes_of_months_that_no_source_tells_are_not_drawn_as_none(toronto_home):
    """Toronto's single homicides end with 2022; its yearly counts, which go on, tell no class."""
    toronto = SnapshotReader(toronto_home)
    scope = Scope("city_leader", toronto.snapshot().root_code)
    own = (("indicator", "homicide_victims"),)
    screen = trends_screen(toronto, Context(scope.region_code, Period.parse("2024"), "zh", "light", scope, own))
    assert screen.classes["period_start"].max() == pd.Timestamp("2022-12-01")
    assert "只到2022年12月" in screen.note and "只到2022年12月" in screen.controls[0].sentence
    assert screen.warning is not None and screen.warning.reason == "ended"
    assert screen.series.loc[screen.series["period_start"] > "2022-12-31", "last_year"].isna().all()


def test_days_without_a_case_are_counted_only_as_far_as_single_cases_are_told(toronto_home):
    """West Humber-Clairville had a victim in 2024, whom only the yearly count tells of: it was not two years without."""
    toronto = SnapshotReader(toronto_home)
    scope = Scope("city_leader", toronto.snapshot().root_code)
    own = (("indicator", "homicide_victims"),)
    context = Context("980100100000", Period.parse("2024"), "zh", "light", scope, own)
    rare = next(each for each in trends_screen(toronto, context).controls if each.is_rare)
    assert "最近一起 2022-11-20，至 2022-12-31 已 41 天无案" in rare.sentence


def test_a_quiet_last_point_does_not_hide_the_signal_before_it():
    labels = [str(month) for month in pd.period_range("2019-03", "2020-09", freq="M")]
    usual = [24.0, 25.0] * 8 + [24.0]
    said = control_sentence(xmr_chart(np.array([*usual, 46.5, 24.5])), labels, "common_cause", "empty", "", "zh")
    assert said == "最近一点为常态波动；此前最近一次信号在 2020-08（超出控制限）。"
    quiet = xmr_chart(np.array([*usual, 24.2, 24.8]))
    assert (
        control_sentence(quiet, labels, "common_cause", "empty", "", "zh") == "最近一点为常态波动；没有一点触发规则。"
    )
