"""Files of a small city through import, publish and page: a planted fault is found where it is, an honest city is let be."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dashboard.__main__ import run
from dashboard.i18n import t
from dashboard.quality.checks import CHECKS
from dashboard.quality.settings import quality_checks
from data_access.home import Home
from data_access.importing.run import import_files
from data_access.publishing import publish
from tests.dashboard.quality.office_files import COUNTIES, ROOT, honest_files, written

SEED = 11
Files = dict[str, pd.DataFrame]
Page = dict[str, list[dict]]


def own(frame: pd.DataFrame, county: str) -> pd.Series:
    """Return which rows are the county's."""
    return frame["region"].str[:6] == county[:6]


def some(frame: pd.DataFrame, county: str, share: float) -> pd.Series:
    """Return which rows are the county's and among a share of all."""
    return own(frame, county) & (np.random.default_rng(3).random(len(frame)) < share)


def late(files: Files, county: str) -> None:
    rows = files["disputes.csv"]
    files["disputes.csv"] = rows[~(own(rows, county) & (rows["received"] >= "2024-12-08"))]


def gap(files: Files, county: str) -> None:
    rows = files["counts.csv"]
    files["counts.csv"] = rows[~(own(rows, county) & (rows["month"] == "2024-06") & (rows["office"] == "hotline"))]


def missing(files: Files, county: str) -> None:
    rows = files["disputes.csv"]
    rows.loc[some(rows, county, 0.3), "unit"] = ""


def missing_where_nobody_else_lacks_it(files: Files, county: str) -> None:
    rows = files["disputes.csv"]
    rows["due"] = rows["due"].mask(some(rows, county, 0.3))


def back_filled(files: Files, county: str) -> None:
    rows = files["disputes.csv"]
    rows["reported"] = rows["reported"].mask(some(rows, county, 0.3), rows["received"] - pd.Timedelta(days=6))


def month_end(files: Files, county: str) -> None:
    rows = files["alarms.csv"]
    last = pd.to_datetime(rows["day"]) + pd.offsets.MonthEnd(0)
    rows["day"] = pd.to_datetime(rows["day"]).mask(some(rows, county, 0.2), last)


def minute_digit(files: Files, county: str) -> None:
    rows = files["disputes.csv"]
    rounded = rows["mediated"].dt.ceil("5min")
    keep = rounded.isna() | (rows["resolved"].notna() & (rounded > rows["resolved"])) | (rounded >= "2025-01-01")
    rows["mediated"] = rows["mediated"].mask(own(rows, county) & ~keep, rounded)


def value_digit(files: Files, county: str) -> None:
    rows = files["counts.csv"]
    rows.loc[own(rows, county) & (rows["office"] == "hotline"), "value"] //= 10
    rows.loc[own(rows, county) & (rows["office"] == "hotline"), "value"] *= 10


def always_full(files: Files, county: str) -> None:
    rows = files["counts.csv"]
    due = rows["value"].where(rows["measure"] == "weekly_analysis_due").ffill()
    rows["value"] = rows["value"].mask(own(rows, county) & (rows["measure"] == "weekly_analysis_done"), due)


def grid_first(files: Files, county: str) -> None:
    rows = files["disputes.csv"]
    rows.loc[some(rows, county, 0.6) & (rows["channel"] == "grid"), "channel"] = "petition"


def alarm_first(files: Files, county: str) -> None:
    rows = files["disputes.csv"]
    rows.loc[own(rows, county) & (rows["channel"] == "hotline_12345"), "channel"] = "alarm_110"


def unstamped(files: Files, county: str) -> None:
    rows = files["responses.csv"]
    rows["there"] = rows["there"].mask(some(rows, county, 0.3))


FAULTS: dict[Callable[[Files, str], None], tuple[str, str, str]] = {
    late: ("迟报", "智慧矛调平台", ""),
    gap: ("缺报", "12345工单系统", ""),
    missing: ("缺项", "智慧矛调平台", "责任单位"),
    missing_where_nobody_else_lacks_it: ("缺项", "智慧矛调平台", "办理期限"),
    back_filled: ("补录", "智慧矛调平台", ""),
    month_end: ("月末堆积", "公安警情与案件统计", ""),
    minute_digit: ("时间末位", "智慧矛调平台", "末位"),
    value_digit: ("数值末位", "12345工单系统", "末位 0"),
    always_full: ("恒为100%", "综治网格化平台", "周分析"),
    grid_first: ("网格首报占比", "智慧矛调平台", ""),
    alarm_first: ("110首报占比", "智慧矛调平台", ""),
    unstamped: ("未打点", "110接处警", ""),
}
"""What plants a fault → the check, the source and the detail that the page must name, for that county alone."""
GUILTY = dict(zip(FAULTS, COUNTIES, strict=True))


def page_of(folder: Path, files: Files) -> Page:
    """Send a city's files through import and publish; return the tables of its page by key, as the command line gives them."""
    home = Home(folder / "home")
    report = import_files(home, folder / "mapping.toml", written(files, folder))
    assert not [target.problems for target in report.targets if target.quarantined]
    publish(home)
    command = ["page", "quality", "--home", str(home.path), "--region", ROOT, "--period", "2024", "--format", "json"]
    said = io.StringIO()
    with redirect_stdout(said):
        assert run(command) == 0
    return {table["key"]: table["rows"] for table in json.loads(said.getvalue())["tables"]}


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Page:
    """The page of a city in which each county has one fault of its own, and one workstation less than declared."""
    files = honest_files(SEED)
    for plant, county in GUILTY.items():
        plant(files, county)
    files["facilities.csv"] = files["facilities.csv"].iloc[1:]
    return page_of(tmp_path_factory.mktemp("planted"), files)


def test_nothing_is_suggested_for_an_honest_city(tmp_path):
    tables = page_of(tmp_path, honest_files(SEED))
    assert tables["marks"] == []
    assert len(tables["all"]) > 150


@pytest.mark.parametrize("plant", FAULTS, ids=lambda plant: plant.__name__)
def test_a_planted_fault_is_the_only_check_suggested_for_its_county(planted, plant):
    check, source, detail = FAULTS[plant]
    name = f"{GUILTY[plant][4:6]}县"
    marks = [row for row in planted["marks"] if row["region"] == name]
    assert [(row["check_word"], row["source_word"]) for row in marks] == [(check, source)]
    assert detail in marks[0]["detail_word"]
    assert marks[0]["suggestion"]


def test_every_check_has_a_fault_and_no_county_is_without():
    words = {t(f"quality.check_{name}", "zh") for name in CHECKS}
    assert {check for check, _, _ in FAULTS.values()} == words
    assert set(GUILTY.values()) == set(COUNTIES)


def test_a_declared_figure_that_the_rows_do_not_give_stands_with_its_difference(planted):
    declared = {row["figure"]: row for row in planted["declared"]}
    assert (declared["警务工作站"]["declared"], declared["警务工作站"]["computed"]) == (23, 22)
    assert declared["警务工作站"]["difference"] == -1
    assert declared["平安义警巡逻队"]["difference"] == 0


def test_honest_cities_are_rarely_troubled(tmp_path):
    tables = [page_of(tmp_path / str(seed), honest_files(seed)) for seed in range(100, 106)]
    marks = sum(len(each["marks"]) for each in tables)
    tested = sum(row["chance"] is not None for each in tables for row in each["all"])
    assert tested > 800
    assert marks <= 3 * max(tested * quality_checks().chance, 1), f"{marks} of {tested} tests"
