"""Monthly reports of the offices come in by the shipped mapping and give their indicators; parts above wholes do not."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from dashboard.indicators.evaluate import values_of
from dashboard.periods import Period
from data_access.access import Scope
from data_access.importing.run import import_files
from data_access.publishing import publish
from data_access.queries import SnapshotReader
from tests.data_access import small_city
from tests.data_access.small_city import EAST

MAPPING = Path("examples/reports/offices.toml")
REPORTS = {
    "12345工单.csv": {"到期工单": 200, "按时办结": 190, "请评工单": 200, "参评工单": 80, "满意工单": 72},
    "信访办理.csv": {
        **{"登记事项": 40, "及时受理": 39, "到期事项": 50, "按期答复": 45},
        **{"请评事项": 50, "参评事项": 20, "满意事项": 15},
    },
    "视频联网.csv": {
        **{"应联网路数": 1000, "已联网路数": 970, "应合规系统": 50},
        **{"已备案": 49, "已设标识": 47, "按期清理": 48, "三项合规": 45},
    },
    "护校安园.csv": {
        **{"应达标学校": 40, "封闭化管理": 39, "专职保安": 38},
        **{"一键报警联网": 36, "护学岗": 34, "四项达标": 32},
    },
    "卫健服药.csv": {"应服药人数": 400, "规律服药人数": 220},
    "安置帮教.csv": {"实际衔接人数": 60, "落实帮教人数": 59},
    "护苗转介.csv": {"应转介人次": 30, "及时转介人次": 27},
}
FOUND = {
    **{"MT3": 0.95, "MT3p": 0.4, "MT3s": 0.9, "MT4": 0.9, "MT4a": 0.975, "MT4p": 0.4, "MT4s": 0.75},
    **{"XL2": 0.97, "XL6": 0.9, "XL6r": 0.98, "XL6m": 0.94, "XL6p": 0.96},
    **{"JQ5": 0.8, "JQ5c": 0.975, "JQ5g": 0.95, "JQ5l": 0.9, "JQ5e": 0.85},
    **{"YG4": 0.55, "AZ2": 59 / 60, "HM4": 0.9},
}
PARTS = [
    *(("12345工单.csv", part) for part in ("按时办结", "参评工单", "满意工单")),
    *(("信访办理.csv", part) for part in ("及时受理", "按期答复", "参评事项", "满意事项")),
    *(("视频联网.csv", part) for part in ("已联网路数", "已备案", "已设标识", "按期清理", "三项合规")),
    *(("护校安园.csv", part) for part in ("封闭化管理", "专职保安", "一键报警联网", "护学岗", "四项达标")),
    *(("卫健服药.csv", "规律服药人数"), ("安置帮教.csv", "落实帮教人数"), ("护苗转介.csv", "及时转介人次")),
]


def written(folder: Path, name: str, **changed: int) -> Path:
    path = folder / name
    row = {"区划代码": EAST, "月份": "2024-12", **REPORTS[name], **changed}
    pd.DataFrame([row]).to_csv(path, index=False, encoding="gb18030")
    return path


def test_reports_of_every_office_give_the_indicators_of_their_system(home, tmp_path):
    report = import_files(home, MAPPING, [written(tmp_path, name) for name in REPORTS])
    assert sum(target.quarantined for target in report.targets) == 0
    publish(home)
    scope, month = Scope("city_leader", small_city.CITY), Period.parse("2024-12")
    found = values_of(SnapshotReader(home), scope, list(FOUND), [EAST], month)
    assert {name: frame.iloc[0]["value"] for name, frame in found.items()} == pytest.approx(FOUND)


@pytest.mark.parametrize(("name", "part"), PARTS)
def test_a_part_above_its_whole_is_set_aside_and_the_rest_comes_in(home, tmp_path, name, part):
    report = import_files(home, MAPPING, [written(tmp_path, name, **{part: 5000})]).targets[0]
    assert report.quarantined >= 1
    assert any("5000 > " in english and name in english for english, _ in report.problems)
    assert report.added == len(REPORTS[name]) - report.quarantined
