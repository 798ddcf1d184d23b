"""A figure names the sources of its own days, not those that only stand for others."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest
import sqlalchemy as sa

from dashboard.indicators.catalogue import find_indicator
from dashboard.periods import Period
from dashboard.sources import indicator_source, joint_source
from data_access import schema
from data_access.access import Scope
from data_access.home import Home
from data_access.publishing import publish
from data_access.queries import SnapshotReader
from data_access.store.working import WorkingStore
from tests.data_access import small_city


@pytest.fixture(scope="module")
def reader(tmp_path_factory) -> SnapshotReader:
    """The small city, whose violence was reported by an office until 2021 and recorded by the police from 2022."""
    home = Home(tmp_path_factory.mktemp("sources"))
    small_city.fill(home)
    names = {"source:office": "统计局 / Office", "source:police": "公安局 / Police"}
    names |= {"source:mediation": "司法局 / Justice"}
    with WorkingStore.open(home) as store, store.transaction() as connection:
        counts = schema.reported_count
        connection.execute(sa.delete(counts).where(counts.c.period_start > date(2022, 1, 1)))
        held = store.read(sa.select(schema.dataset))
        own = pd.DataFrame({"key": list(names), "value": list(names.values())})
        store.replace_all("dataset", pd.concat([held, own]))
    publish(home)
    return SnapshotReader(home)


@pytest.mark.parametrize(
    ("period", "sources"), [("2021", "Office"), ("2024", "Police"), ("2019", "Office and Police"), (None, "both")]
)
def test_a_figure_names_the_sources_of_its_own_days(reader, period, sources):
    scope = Scope("city_leader", small_city.CITY)
    when = Period.parse(period) if period else None
    said = indicator_source(reader, scope, find_indicator("homicide_victims"), "en", when)
    both = all(name in said for name in ("Office", "Police"))
    assert said == sources or (both and sources in ("Office and Police", "both"))


def test_several_figures_name_each_source_once_and_a_small_card_says_how_many_more(reader):
    city = Scope("city_leader", reader.snapshot().root_code)
    items = [find_indicator(name) for name in ("BH2", "MT1", "JQ2", "BH4")]
    named = joint_source(reader, city, items, "zh", period=Period.parse("2023"))
    assert named == "司法局；公安局"
    assert joint_source(reader, city, items, "zh", most=1, period=Period.parse("2023")) == "司法局及另外1个来源"
