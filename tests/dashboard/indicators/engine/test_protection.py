"""Roles that need no small counts see none, by any question they can ask."""

from __future__ import annotations

import numpy as np
import pytest

from dashboard.indicators import vocabulary as words
from dashboard.indicators.breakdown import by_class
from dashboard.indicators.catalogue import find_indicator, load_catalogue
from dashboard.indicators.changes import change
from dashboard.indicators.engine.protection import family_of, pattern_of
from dashboard.indicators.evaluate import series, values, values_of
from dashboard.periods import Period
from data_access.access import Scope

PERIODS = ("2024", "2023", "2024H2", "2024Q4", "2024Q3", "2024-12", "2024-11", "2024-03")


@pytest.fixture(scope="module")
def public(reader) -> Scope:
    return Scope("public_demo", reader.snapshot().root_code)


@pytest.fixture(scope="module")
def everywhere(reader, public) -> list[str]:
    return reader.regions(public).query("depth <= 2").index.tolist()


def protected() -> list[str]:
    return [key for key, item in load_catalogue().items() if item.suppression_limit and item.available]


@pytest.mark.parametrize("period", PERIODS)
def test_no_small_count_is_ever_shown(reader, public, everywhere, period):
    for key, frame in values_of(reader, public, protected(), everywhere, period).items():
        item = load_catalogue()[key]
        if item.kind == "stock_difference":
            continue
        shown = frame[frame["status"].isin(words.WITH_VALUE)]
        small = (shown["numerator"] > 0) & (shown["numerator"] < item.suppression_limit)
        assert not small.any(), key
        if isinstance(item.denominator, tuple) and item.kind == "proportion":
            small = (shown["denominator"] > 0) & (shown["denominator"] < item.suppression_limit)
            assert not small.any(), key


def test_a_hidden_figure_carries_no_number_at_all(reader, public, everywhere):
    frame = values(reader, public, "criminal_alarms", everywhere, "2024")
    hidden = frame[frame["status"] == words.SUPPRESSED]
    assert len(hidden)
    assert hidden[words.NUMBER_COLUMNS].isna().all(axis=None)
    assert set(hidden["notes"]) == {("small_count",)}


def test_a_hidden_township_can_t_be_found_from_its_county(reader, public, everywhere):
    regions = reader.regions(public)
    for indicator in ("criminal_alarms", "JQ2", "homicide_victims"):
        frame = values(reader, public, indicator, everywhere, "2024")
        shown = frame["status"].isin(words.WITH_VALUE)
        for parent in regions.index[regions["depth"] <= 1]:
            below = [code for code in everywhere if regions.at[code, "parent_code"] == parent]
            hidden = int((~shown[below]).sum()) + int(not shown[parent])
            assert hidden != 1, (indicator, parent)


def test_what_is_hidden_is_hidden_in_every_period(reader, public, everywhere):
    periods = [Period(2024, "quarter", number) for number in (1, 2, 3, 4)] + [
        Period(2024, "year"),
        Period(2022, "year"),
    ]
    frame = series(reader, public, "criminal_alarms", everywhere, periods)
    shown = frame["status"].isin(words.WITH_VALUE).unstack("period")
    assert (shown.nunique(axis=1) == 1).all()


def test_months_are_hidden_where_quarters_are_the_finest_shown(reader, public):
    root = [public.region_code]
    pattern = pattern_of(reader, public, family_of(find_indicator("criminal_alarms")))
    assert pattern.grain == "quarter"
    assert values(reader, public, "criminal_alarms", root, "2024-12")["status"].item() == words.SUPPRESSED
    assert values(reader, public, "criminal_alarms", root, "2024Q4")["status"].item() in words.WITH_VALUE
    # A rolling year that does not end with a block would give months away by its differences.
    assert values(reader, public, "JQ1r", root, "2024-11")["status"].item() == words.SUPPRESSED


def test_measures_of_one_kind_of_incident_are_hidden_together():
    family = family_of(find_indicator("JQ2"))
    assert {"homicide_incidents", "homicide_victims", "homicide_from_dispute"} <= family
    assert "criminal_alarms" not in family
    assert family_of(find_indicator("YG123")) == family_of(find_indicator("YG1"))


def test_classes_are_shown_for_the_whole_only_and_never_with_one_hidden(reader, public, everywhere):
    frame = by_class(reader, public, "criminal_alarms", everywhere[:3], "2024")
    shown = frame["status"].isin(words.WITH_VALUE).groupby("region_code", sort=False).sum()
    assert shown.iloc[0] > 1
    assert (shown.iloc[1:] == 0).all()
    causes = by_class(reader, public, "homicide_incidents", everywhere[:1], "2024")
    assert (~causes["status"].isin(words.WITH_VALUE)).sum() != 1


def test_a_change_of_a_hidden_figure_is_hidden(reader, public, everywhere):
    frame = change(reader, public, "criminal_alarms", everywhere, "2024Q4")
    hidden = frame[frame["status"] == words.SUPPRESSED]
    assert len(hidden)
    numbers = ["new", "old", "difference", "ratio", "p_value", "new_numerator", "old_numerator"]
    assert hidden[numbers].astype(float).isna().all(axis=None)


def test_a_leader_of_the_city_sees_small_counts(reader, city_scope, everywhere):
    frame = values(reader, city_scope, "JQ2", everywhere, "2024")
    assert ((frame["numerator"] > 0) & (frame["numerator"] < 5)).any()
    assert (frame["status"] != words.SUPPRESSED).all()


def test_a_role_sees_no_level_finer_than_its_own(reader, public):
    grid = reader.regions(public).query("depth == 3").index[:2].tolist()
    frame = values(reader, public, "MT1", grid, "2024")
    assert set(frame["status"]) == {words.SUPPRESSED}
    assert set(frame["notes"]) == {("role_level",)}
    assert np.isnan(frame["value"].to_numpy(float)).all()


def test_a_township_leader_whose_township_is_small_sees_that_it_is_protected(reader, city_scope, townships):
    few = values(reader, city_scope, "JQ2", townships, "2024")["numerator"]
    township = few.index[few == 1][0]
    own = Scope("township_leader", township)
    assert values(reader, own, "JQ2", [township], "2024")["status"].item() == words.SUPPRESSED
    assert values(reader, own, "MT1", [township], "2024")["status"].item() in words.WITH_VALUE
