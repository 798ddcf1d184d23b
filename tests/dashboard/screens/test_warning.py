"""The early warning on the trends page: a month beyond the bound is marked and said; hidden months are not judged."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from dashboard.context import Context
from dashboard.indicators.catalogue import find_indicator
from dashboard.periods import Period
from dashboard.screens.trends import screen as trends
from dashboard.screens.trends.warning import early_warning, warning_table
from data_access.access import Scope

COUNT = find_indicator("criminal_alarms")


def months_of(last: float, usual: int = 20, number: int = 72) -> pd.DataFrame:
    counts = np.random.default_rng(4).poisson(usual, number).astype(float)
    counts[-1] = last
    period = pd.period_range(end="2024-12", periods=number, freq="M").astype(str)
    return pd.DataFrame(
        {"period": period, "status": "ok", "notes": [()] * number, "numerator": counts, "denominator": np.nan}
    )


@pytest.mark.parametrize(("last", "reason"), [(60, "alarm"), (21, "ordinary"), (0, "ordinary")])
def test_only_a_month_beyond_the_bound_is_an_alarm(last, reason):
    found = early_warning(months_of(last), COUNT)
    assert found is not None and (found.month, found.reason) == ("2024-12", reason)
    for language in ("zh", "en"):
        said = found.sentence(COUNT, language)
        assert f"{last}" in said and f"{found.upper:.0f}" in said


def test_a_month_still_running_is_left_for_the_last_whole_one():
    months = months_of(90)
    months.at[71, "notes"] = ("period_running",)
    assert early_warning(months, COUNT).month == "2024-11"


def test_what_cannot_be_judged_is_said_and_hidden_months_give_nothing_away():
    assert early_warning(months_of(60, number=20), COUNT).reason == "undefined"
    months = months_of(60)
    months.loc[40, ["status", "numerator"]] = ["suppressed", np.nan]
    hidden = early_warning(months, COUNT)
    assert hidden.reason == "hidden" and np.isnan([hidden.observed, hidden.expected, hidden.upper]).all()
    assert early_warning(months_of(60), find_indicator("BH2")) is None
    assert warning_table(None, COUNT, "zh").empty


def test_a_source_that_ended_is_named_with_its_last_month_and_one_without_months_too():
    months = months_of(60)
    months.loc[48:, ["status", "numerator"]] = ["no_data", np.nan]
    ended = early_warning(months, COUNT)
    assert (ended.reason, ended.until) == ("ended", "2022-12")
    assert ended.sentence(COUNT, "zh") == "早期预警：来源的逐月数只到2022年12月，2024年12月无法判断"
    months["status"] = "no_data"
    assert early_warning(months, COUNT).reason == "no_months"


def test_victims_are_counted_in_persons_and_alarms_in_alarms():
    victims = find_indicator("homicide_victim_rate")
    found = early_warning(months_of(21).assign(denominator=1e6), victims)
    assert "21 人" in found.sentence(victims, "zh") and "21 persons" in found.sentence(victims, "en")
    assert "1 person in" in early_warning(months_of(1).assign(denominator=1e6), victims).sentence(victims, "en")


def test_the_page_has_the_sentence_and_the_mark(reader, city_scope, monkeypatch):
    context = Context(city_scope.region_code, Period.parse("2024"), "zh", "light", city_scope)
    context = replace(context, own=(("indicator", "criminal_alarms"),))
    screen = trends.trends_screen(reader, context)
    assert screen.warning is not None and screen.warning.reason == "ordinary" and screen.warned == ()
    table = next(each for each in screen.tables if each.key == "warning").frame
    assert table["month"].tolist() == ["2024-12"] and table["reason"].tolist() == [
        screen.warning.sentence(screen.indicator, "zh")
    ]
    beyond = replace(screen, warning=replace(screen.warning, reason="alarm"))
    assert beyond.warned == ((pd.Timestamp("2024-12-01"), "▲"),)


def test_a_role_without_small_counts_is_not_told(reader):
    scope = Scope("public_demo", reader.snapshot().root_code)
    context = Context(scope.region_code, Period.parse("2024"), "zh", "light", scope, (("indicator", "JQ2"),))
    warning = trends.trends_screen(reader, context).warning
    assert warning is None or warning.reason in ("hidden", "undefined", "ordinary")
