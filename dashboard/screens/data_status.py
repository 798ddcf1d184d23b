"""The data page: what was imported, which source each measure stands on, and who is late."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard import formatting
from dashboard.context import Context, region_name, region_path
from dashboard.i18n import localised, t
from dashboard.indicators.engine.facts import facts_of
from dashboard.lateness import late_rows, nobody_late
from dashboard.screens.tables import ScreenTable
from dashboard.sources import source_name
from data_access.measures import load_measures
from data_access.queries import SnapshotReader

COUNTY = 1
GENERATED = "demo"
"""Mapping name of the demonstration city's own rows, which come from no file."""


@dataclass(frozen=True)
class DataScreen:
    """What the data page draws, as written."""

    verdict: str
    imports: pd.DataFrame
    coverage: pd.DataFrame
    late: pd.DataFrame
    nobody_late: str
    """What is said where ``late`` is empty."""
    tables: tuple[ScreenTable, ...]


def data_screen(reader: SnapshotReader, context: Context) -> DataScreen:
    """Prepare imports, coverage and lateness."""
    language = context.language
    imports = reader.imports(context.viewer)
    counts = ("rows_read", "rows_added", "rows_replaced", "rows_unchanged", "rows_excluded", "rows_quarantined")
    shown = pd.DataFrame(
        {
            "file": [
                t("data.generated", language) if mapping == GENERATED else name
                for name, mapping in zip(imports["file_name"], imports["mapping_name"], strict=True)
            ],
            "table": [t(f"table.{target}", language) for target in imports["target"]],
            "source": [
                t("data.mapping", language)
                if source == mapping.removesuffix(".toml")
                else source_name(reader.snapshot(), source, language)
                for source, mapping in zip(imports["source"], imports["mapping_name"], strict=True)
            ],
            **{name: [formatting.number(value) for value in imports[name]] for name in counts},
            "disagreements": [formatting.number(value) for value in imports["region_disagreements"]],
        }
    )
    coverage, late = _coverage(reader, context), _late(reader, context)
    nobody = nobody_late(facts_of(reader, context.viewer).lateness, language)
    return DataScreen(
        verdict=_verdict(reader, context, late, nobody, int(imports["rows_quarantined"].sum())),
        imports=shown,
        coverage=coverage,
        late=late,
        nobody_late=nobody,
        tables=tuple(
            ScreenTable(
                key, t(f"data.{key}", language), frame, {str(name): t(f"data.{name}", language) for name in frame}
            )
            for key, frame in (("late", late), ("coverage", coverage), ("imports", shown))
        ),
    )


def _verdict(reader: SnapshotReader, context: Context, late: pd.DataFrame, nobody: str, refused: int) -> str:
    """Return who is late first, then what nobody tells any more, what was set aside, and what the numbers stand on."""
    language = context.language
    said = [nobody.rstrip("。.")]
    if len(late):
        first = late.iloc[0]
        said = [
            t("data.verdict_late", language, count=late["region"].nunique()),
            t("data.verdict_longest", language, name=first["region"], source=first["source"], days=first["days"]),
        ]
    said += _ended(reader, context)
    said.append(t("data.verdict_refused" if refused else "data.verdict_none_refused", language, count=refused))
    if "data_through" not in reader.snapshot().dataset:
        said.append(t("data.verdict_through", language))
    said.append(t("data.stamp", language, snapshot=reader.snapshot().snapshot_id))
    return t("overview.joint", language).join(said) + t("overview.stop", language)


def _ended(reader: SnapshotReader, context: Context) -> list[str]:
    """Return which measures nobody has told of for more than a year, and to what day they go."""
    language, measures = context.language, load_measures()
    last = reader.coverage(context.viewer).groupby("measure", sort=False)["last_day"].max()
    last = last[pd.to_datetime(last) < pd.Timestamp(reader.snapshot().data_through) - pd.DateOffset(years=1)]
    by_day: dict[str, list[str]] = {}
    for name, day in last[last.index.isin(list(measures))].items():
        measure = measures[str(name)]
        by_day.setdefault(formatting.day(day), []).append(localised(language, measure.name, measure.name_en))
    joint = t("ranking.and", language)
    return [t("data.verdict_ended", language, names=joint.join(names), day=day) for day, names in by_day.items()]


def _coverage(reader: SnapshotReader, context: Context) -> pd.DataFrame:
    language = context.language
    rows = reader.coverage(context.viewer)
    measures = load_measures()
    return pd.DataFrame(
        {
            "measure": [
                localised(language, measures[name].name, measures[name].name_en) if name in measures else name
                for name in rows["measure"]
            ],
            "source": [source_name(reader.snapshot(), source, language) for source in rows["source"]],
            "basis": [t(f"data.basis_{basis}", language) for basis in rows["basis"]],
            "grain": [t(f"data.grain_{grain}", language) for grain in rows["grain"]],
            "first": [formatting.day(day) for day in rows["first_day"]],
            "last": [formatting.day(day) for day in rows["last_day"]],
            "told": [t(f"data.told_{told}", language) for told in _told_by(rows, reader.snapshot().dataset)],
        }
    )


def _told_by(rows: pd.DataFrame, dataset: Mapping[str, str]) -> list[str]:
    """Return by what the first and the last day of each cover are known."""
    declared = np.array([f"covers:{source}" in dataset for source in rows["source"]], bool)
    records = rows["basis"] == "records"
    return np.select(
        [~records, declared, rows["provisional"].astype(bool)], ["periods", "declared", "years"], "rows"
    ).tolist()


def _late(reader: SnapshotReader, context: Context) -> pd.DataFrame:
    language = context.language
    regions = reader.regions(context.viewer)
    rows = late_rows(facts_of(reader, context.viewer).lateness)
    # A county's own rows, and below it those of the county that the open region lies in.
    path = region_path(regions, context.region)
    if len(path) > COUNTY:
        rows = rows[rows["region_code"] == path[COUNTY]]
    return pd.DataFrame(
        {
            "region": [region_name(regions, code, language) for code in rows["region_code"]],
            "source": [source_name(reader.snapshot(), source, language) for source in rows["source"]],
            "last": [formatting.day(day) for day in rows["last_day"]],
            "days": [formatting.days(days, language) for days in rows["days_late"]],
        }
    )
