"""Any table, written in any format, comes in as it was; again it changes nothing; corrected rows and no others are replaced."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import sqlalchemy as sa
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from data_access import schema
from data_access.home import Home
from data_access.importing.run import import_files
from data_access.store.working import WorkingStore

MAPPING = """
name = "trips"
[[level]]
depth = 0
name = "市"
name_en = "City"
digits = 4
[root]
code = "970100000000"
name = "某市"
name_en = "City"
[[file]]
match = "*"
[[file.target]]
table = "incident"
source = "police"
[file.target.columns]
source_id = { column = "编号" }
occurred_on = { column = "day" }
category = { value = "homicide" }
class_code = { column = "a, \\"b\\"" }
victims = { column = "dead" }
unit = { column = "unit", optional = true }
[file.target.region]
otherwise = "root"
"""
HEADINGS = {"source_id": "编号", "occurred_on": "day", "class_code": 'a, "b"', "victims": "dead", "unit": "unit"}
SIGNS = "0123456789,;\t\"' \n|=#.-甲乙丙丁镇街é€"
"""Digits, separators, quotes, line ends, blanks and signs of other scripts; no @, which makes an address of a person."""
ODD_TEXT = st.text(SIGNS, min_size=1, max_size=12).filter(lambda text: text.strip() == text)
ID = ODD_TEXT.map("0{}".format)
ROW = st.fixed_dictionaries(
    {
        "source_id": ID,
        "occurred_on": st.dates(pd.Timestamp(2000, 1, 1).date(), pd.Timestamp(2024, 12, 31).date()).map(str),
        "class_code": ODD_TEXT,
        "victims": st.integers(1, 99).map(str),
        "unit": st.none() | ODD_TEXT,
    }
)
TABLE = st.lists(ROW, min_size=1, max_size=12, unique_by=lambda row: re.sub(r"\s+", " ", row["source_id"]))


def _text(separator: str, encoding: str) -> Callable[[pd.DataFrame, Path], None]:
    return lambda frame, path: frame.to_csv(path, index=False, sep=separator, encoding=encoding)


def _workbook(frame: pd.DataFrame, path: Path) -> None:
    """Write every cell as text: what begins with "=" would be a formula otherwise."""
    book = openpyxl.Workbook()
    for number, line in enumerate([tuple(frame.columns), *frame.itertuples(index=False, name=None)], start=1):
        for place, text in enumerate(line, start=1):
            if not pd.isna(text):
                book.active.cell(number, place, text).data_type = "s"
    book.save(path)


FORMATS: dict[str, Callable[[pd.DataFrame, Path], None]] = {
    "utf8.csv": _text(",", "utf-8"),
    "marked.csv": _text(",", "utf-8-sig"),
    "chinese.csv": _text(",", "gb18030"),
    "rows.tsv": _text("\t", "utf-8"),
    "rows.xlsx": _workbook,
    "rows.parquet": lambda frame, path: frame.to_parquet(path),
}


def brought(home: Home, folder: Path, name: str, rows: list[dict]) -> tuple[int, int, int]:
    """Import rows as a file of that format; return how many were added, replaced and left as they were."""
    (folder / "trips.toml").write_text(MAPPING, encoding="utf-8")
    FORMATS[name](pd.DataFrame(rows, dtype="str").rename(columns=HEADINGS), folder / name)
    report = import_files(home, folder / "trips.toml", [folder / name]).targets[-1]
    assert report.quarantined == 0, report.problems
    return report.added, report.replaced, report.unchanged


def held(home: Home) -> list[dict]:
    """Return the rows of the store as they stood in the file, in order of their ids."""
    with WorkingStore.open(home) as store:
        frame = store.read(sa.select(schema.incident))
    frame = frame.assign(occurred_on=pd.to_datetime(frame["occurred_on"]).dt.strftime("%Y-%m-%d"))
    frame = frame.assign(victims=frame["victims"].astype(str))[list(HEADINGS)].astype(object)
    return by_id(frame.where(frame.notna(), None).to_dict("records"))


def by_id(rows: list[dict]) -> list[dict]:
    """Return rows in order of their ids; line breaks and runs of blanks within a cell are one blank, as the importer says."""
    tidy = [{name: cell and re.sub(r"\s+", " ", cell) for name, cell in row.items()} for row in rows]
    return sorted(tidy, key=lambda row: row["source_id"])


@pytest.mark.parametrize("name", FORMATS)
@given(rows=TABLE, data=st.data())
@settings(max_examples=5, phases=[Phase.generate])
def test_a_table_comes_in_as_it_was_and_only_corrected_rows_are_replaced(name, rows, data):
    with tempfile.TemporaryDirectory() as place:
        folder, home = Path(place), Home(Path(place) / "home")
        assert brought(home, folder, name, rows) == (len(rows), 0, 0)
        assert held(home) == by_id(rows)
        assert brought(home, folder, name, rows) == (0, 0, len(rows)), "again: nothing changes"

        wrong = data.draw(st.sets(st.sampled_from(range(len(rows)))))
        corrected = [{**row, "victims": str(int(row["victims"]) + 100 * (k in wrong))} for k, row in enumerate(rows)]
        assert brought(home, folder, name, corrected) == (0, len(wrong), len(rows) - len(wrong))
        assert held(home) == by_id(corrected)
        with WorkingStore.open(home) as store:
            kept = store.read(sa.select(schema.row_change))
        changes = kept[["source_id", "column_name", "before", "after"]].itertuples(index=False, name=None)
        assert sorted(changes) == sorted(
            (re.sub(r"\s+", " ", rows[k]["source_id"]), "victims", rows[k]["victims"], corrected[k]["victims"])
            for k in wrong
        )
