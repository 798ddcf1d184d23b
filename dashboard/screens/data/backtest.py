"""The back-test: what the rules would have coloured in the past months, and what chance alone would have."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

from dashboard import formatting
from dashboard.components import Card, Definition
from dashboard.context import Context
from dashboard.grading.backtest import Backtest, backtest
from dashboard.grading.settings import IndexSettings, index_settings
from dashboard.i18n import t
from dashboard.screens.children import Listed, listed_regions, names_of
from dashboard.screens.tables import ScreenTable
from dashboard.screens.triggers import chance_text
from data_access.queries import SnapshotReader

LENGTHS = ("12", "24", "36")
DEFAULT_LENGTH = "24"
CHANCE_FALSE_RED = 0.01
"""Share of months with any red by homicide alone that the rules must stay within."""


@dataclass(frozen=True)
class BacktestScreen:
    """What the back-test page draws."""

    listed: Listed
    replay: Backtest
    length: str
    verdict: str
    cards: list[Card]
    regions: pd.DataFrame
    """``name, strip, red_text, flips_text`` …, most red first."""
    tables: tuple[ScreenTable, ...]

    @property
    def is_graded(self) -> bool:
        """Whether any month could be graded."""
        return self.replay.insufficient < 1

    @property
    def month_labels(self) -> list[str]:
        """The months replayed, oldest first."""
        return [str(month) for month in self.replay.grades.columns]


def backtest_screen(reader: SnapshotReader, context: Context) -> BacktestScreen:
    """Replay the months that end with the context's period, for the regions below the current one."""
    snapshot = reader.snapshot()
    regions = reader.regions(context.viewer)
    listed = listed_regions(context, regions, snapshot)
    length = context.own_value("months", LENGTHS, DEFAULT_LENGTH)
    last = pd.Period(min(context.period.end, snapshot.data_through), freq="M")
    replay = backtest(reader, context.viewer, listed.codes, last, int(length))
    names = names_of(regions, listed.codes, context.language)
    rows = _regions(replay, names)
    return BacktestScreen(
        listed=listed,
        replay=replay,
        length=length,
        verdict=_verdict(replay, index_settings(), context.language),
        cards=_cards(replay, index_settings(), context, snapshot.data_through),
        regions=rows,
        tables=_tables(replay, rows, context.language),
    )


def _regions(replay: Backtest, names: pd.Series) -> pd.DataFrame:
    rows = replay.by_region().assign(name=names.reindex(replay.grades.index))
    rows["strip"] = pd.Series({code: row.tolist() for code, row in replay.grades.iterrows()}, dtype=object)
    for name in ("red", "yellow", "blue", "insufficient", "flips"):
        rows[f"{name}_text"] = rows[name].astype(str)
    return rows.sort_values(["red", "yellow", "flips"], ascending=False, kind="stable")


def _verdict(replay: Backtest, settings: IndexSettings, language: str) -> str:
    within = replay.red <= settings.max_red_share
    return t(
        "backtest_page.verdict_within" if within else "backtest_page.verdict_over",
        language,
        months=replay.months,
        regions=replay.regions,
        red=formatting.percent(replay.red),
        limit=formatting.percent(settings.max_red_share),
        chance=chance_text(replay.chance_any_red),
    )


def _cards(replay: Backtest, settings: IndexSettings, context: Context, through: date) -> list[Card]:
    language = context.language

    def card(key: str, figure: str, **facts: str) -> Card:
        return Card(
            title=t(f"backtest_page.{key}", language),
            figure=figure,
            sentence=t(f"backtest_page.{key}_sentence", language, **facts),
            definition=Definition(text=t(f"backtest_page.{key}_definition", language)),
            data_through=through,
            source=t("backtest_page.source", language),
        )

    return [
        card("red_share", formatting.percent(replay.red), limit=formatting.percent(settings.max_red_share)),
        card(
            "flips",
            t("backtest_page.times", language, count=formatting.number(replay.flips, 1)),
            chance=formatting.number(replay.chance_flips, 1),
        ),
        card("false_red", chance_text(replay.chance_any_red), share=chance_text(replay.chance_red)),
        card(
            "homicide_red",
            chance_text(replay.homicide_any_red),
            limit=formatting.percent(CHANCE_FALSE_RED),
            held=formatting.percent(replay.few_events),
        ),
        card(
            "power",
            chance_text(replay.power_halfway),
            doubled=chance_text(replay.power_doubled),
            watched=chance_text(replay.watched_doubled),
            quadrupled=chance_text(replay.power_quadrupled),
        ),
    ]


def _tables(replay: Backtest, rows: pd.DataFrame, language: str) -> tuple[ScreenTable, ...]:
    figures = pd.DataFrame(
        [
            {"figure": t(f"backtest_figure.{name}", language), "value": float(value)}
            for name, value in replay.figures().items()
        ]
    )
    grades = ("red", "yellow", "blue", "insufficient")
    words = {name: t(f"grade.{name}", language) for name in grades}
    months = replay.by_month().assign(month=[str(month) for month in replay.grades.columns])
    return (
        ScreenTable(
            "figures",
            t("backtest_page.figures", language),
            figures,
            {"figure": t("backtest_page.figure", language), "value": t("backtest_page.value", language)},
        ),
        ScreenTable(
            "months",
            t("backtest_page.by_month", language),
            months,
            {"month": t("backtest_page.month", language), **words},
        ),
        ScreenTable(
            "regions",
            t("backtest_page.by_region", language),
            rows,
            {
                "name": t("backtest_page.region", language),
                **words,
                "flips": t("backtest_page.changes", language),
            },
        ),
    )
