"""Clusters on the map are worked out when asked for, from figures that are shown, and named in a sentence."""

from __future__ import annotations

import pandas as pd
import pytest

from dashboard.context import Context
from dashboard.periods import Period
from dashboard.screens.map import clusters
from dashboard.screens.map.screen import cluster_links, map_screen
from data_access.access import Scope


def asked(reader, role: str = "city_leader", **own: str):
    root = reader.snapshot().root_code
    chosen = tuple({"indicator": "JQ1r", **own}.items())
    context = Context(root, Period.parse("2024"), "zh", "light", Scope(role, root), chosen)
    return map_screen(reader, context), context


def test_nothing_is_worked_out_until_it_is_asked_for(reader, monkeypatch):
    monkeypatch.setattr(clusters, "_labels", lambda *_: pytest.fail("worked out unasked"))
    screen, context = asked(reader)
    assert screen.clusters is None and [on for _, _, on in cluster_links(screen, context)] == [True, False]


def test_townships_in_clusters_are_named_and_offered_as_a_table(reader):
    screen, context = asked(reader, clusters="on")
    assert screen.clusters is not None and "126 个相邻地区" in screen.clusters.sentence
    table = next(each for each in screen.tables if each.key == "clusters")
    assert len(table.frame) == len(screen.clusters.rows)
    assert [on for _, _, on in cluster_links(screen, context)] == [False, True]


def test_high_and_low_clusters_are_told_apart(reader, monkeypatch):
    def labels(reader, context, indicator, codes):
        return pd.Series(["high_high", "low_low", *["not_significant"] * (len(codes) - 2)], index=list(codes))

    monkeypatch.setattr(clusters, "_labels", labels)
    screen, _ = asked(reader, clusters="on", indicator="JQ2")
    assert "高值聚集 1 个" in screen.clusters.sentence and "低值聚集 1 个" in screen.clusters.sentence
    assert screen.clusters.rows["cluster"].tolist() == ["高值聚集", "低值聚集"]


def test_shares_and_county_level_figures_have_none(reader):
    assert not asked(reader, indicator="BH2")[0].can_be_clustered
    assert not asked(reader, indicator="YG1")[0].can_be_clustered


def test_hidden_figures_take_no_part(reader):
    screen, _ = asked(reader, "public_demo", indicator="JQ2", clusters="on")
    assert screen.clusters is None or screen.clusters.rows.empty
