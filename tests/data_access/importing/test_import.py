"""Files become rows; bad rows are set aside with a reason; nothing half is ever kept."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa

from data_access import schema
from data_access.access import Scope
from data_access.errors import ConfigError, DataAccessError, ImportRefused
from data_access.home import Home
from data_access.importing.run import import_files
from data_access.publishing import publish
from data_access.queries import SnapshotReader
from data_access.store.working import WorkingStore
from tests.data_access import small_city

MAPPING = """
name = "test"
[[file]]
match = "*"
{file_keys}
[[file.target]]
table = "incident"
source = "police"
{target_keys}
[file.target.columns]
source_id = {{ column = "id" }}
occurred_on = {{ column = "day" }}
category = {{ value = "homicide" }}
class_code = {{ column = "cause", codes = {{ "家庭" = "01", "邻里" = "04" }} }}
victims = {{ column = "dead" }}
unit = {{ column = "unit", optional = true }}
[file.target.region]
code = {{ column = "region" }}
point = {{ lon = "lon", lat = "lat", crs = "{crs}" }}
"""
GOOD = {
    "id": ["1", "2", "3"],
    "day": ["2024-01-05", "2024-02-06", "2024-03-07"],
    "cause": ["家庭", "邻里", "家庭"],
    "dead": ["1", "2", "1"],
    "unit": ["一队", "", "二队"],
    "region": ["970101001001001", "", "970102000000"],
    "lon": ["0.5", "1.5", "0.5"],
    "lat": ["0.5", "0.5", "0.5"],
}


def mapping(tmp_path: Path, crs: str = "EPSG:4326", target_keys: str = "", file_keys: str = "") -> Path:
    path = tmp_path / "mapping.toml"
    path.write_text(MAPPING.format(crs=crs, target_keys=target_keys, file_keys=file_keys), encoding="utf-8")
    return path


def csv(tmp_path: Path, name: str = "cases.csv", encoding: str = "utf-8", **changed: list[str]) -> Path:
    path = tmp_path / name
    pd.DataFrame({**GOOD, **changed}).to_csv(path, index=False, encoding=encoding)
    return path


def held(home: Home) -> pd.DataFrame:
    with WorkingStore.open(home) as store:
        return store.read(sa.select(schema.incident)).sort_values("source_id", ignore_index=True)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_text_in_any_of_the_three_encodings_reads_the_same(home, tmp_path, encoding):
    report = import_files(home, mapping(tmp_path), [csv(tmp_path, encoding=encoding)])
    assert [target.added for target in report.targets] == [3]
    assert held(home)["unit"].tolist()[0] == "一队"


@pytest.mark.parametrize("suffix", ["tsv", "xlsx", "parquet"])
def test_other_formats_give_the_same_rows(home, tmp_path, suffix):
    import_files(home, mapping(tmp_path), [csv(tmp_path)])
    expected = held(home)
    path = tmp_path / f"cases.{suffix}"
    frame = pd.DataFrame(GOOD)
    if suffix == "tsv":
        frame.to_csv(path, index=False, sep="\t")
    elif suffix == "xlsx":
        frame.to_excel(path, index=False)
    else:
        frame.to_parquet(path)
    report = import_files(home, mapping(tmp_path), [path])
    assert [target.unchanged for target in report.targets] == [3]
    pd.testing.assert_frame_equal(held(home), expected)


def test_rows_without_a_code_are_placed_by_their_point_and_disagreements_are_counted(home, tmp_path):
    report = import_files(home, mapping(tmp_path), [csv(tmp_path)])
    assert held(home)["region_code"].tolist() == ["970101001001001", "970101002001001", "970102000000"]
    assert report.targets[0].disagreements == 1  # row 3 says the west and lies in the east


def test_same_file_twice_changes_nothing_and_a_corrected_one_replaces_and_remembers(home, tmp_path):
    rules = mapping(tmp_path)
    import_files(home, rules, [csv(tmp_path)])
    again = import_files(home, rules, [csv(tmp_path)]).targets[0]
    assert (again.added, again.replaced, again.unchanged) == (0, 0, 3)
    corrected = import_files(home, rules, [csv(tmp_path, dead=["1", "5", "1"])]).targets[0]
    assert (corrected.added, corrected.replaced, corrected.unchanged) == (0, 1, 2)
    assert held(home)["victims"].tolist() == [1, 5, 1]
    with WorkingStore.open(home) as store:
        changes = store.read(sa.select(schema.row_change))
    assert changes[["source_id", "column_name", "before", "after"]].to_numpy().tolist() == [["2", "victims", "2", "5"]]
    publish(home)


def test_dry_run_says_what_would_happen_and_changes_nothing(home, tmp_path):
    report = import_files(home, mapping(tmp_path), [csv(tmp_path)], dry_run=True)
    assert report.targets[0].added == 3
    assert held(home).empty


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"day": ["2024-01-05", "2024-02-31", "2024-03-07"]}, "day"),
        ({"day": ["2024-01-05", "2999-01-01", "2024-03-07"]}, "2999-01-01"),
        ({"cause": ["家庭", "不明", "家庭"]}, "不明"),
        ({"dead": ["1", "-2", "1"]}, "-2"),
        ({"dead": ["1", "二", "1"]}, "二"),
        ({"dead": ["1", "1.5", "1"]}, "1.5"),
        ({"region": ["970101001001001", "970199000000", "970102000000"]}, "970199000000"),
        ({"lon": ["0.5", "50", "0.5"]}, "50.00000"),
        ({"lon": ["0.5", "0.5", "0.5"], "lat": ["0.5", "1.5", "0.5"]}, "1.50000"),
        ({"unit": ["一队", "13812345678", "二队"]}, "unit"),
    ],
    ids=["date", "future", "code", "negative", "text", "fraction", "region", "outside", "swapped", "identity"],
)
def test_a_bad_row_is_set_aside_with_its_reason_and_the_good_ones_are_kept(
    home, tmp_path, monkeypatch, changed, reason
):
    if "unit" in changed:  # one telephone number among many cells: the column passes, the row does not
        monkeypatch.setattr("data_access.importing.run.refuse_identities", lambda *arguments: None)
    report = import_files(home, mapping(tmp_path), [csv(tmp_path, **changed)])
    target = report.targets[0]
    assert (target.read, target.added, target.quarantined) == (3, 2, 1)
    english, chinese = target.problems[0]
    assert "cases.csv row 3" in english and reason in english + chinese
    quarantined = pd.read_csv(report.quarantine_files[0], dtype=str)
    assert quarantined["id"].tolist() == ["2"]
    assert quarantined["__row"].tolist() == ["3"]


def test_swapped_coordinates_are_named_as_such(home, tmp_path):
    # Longitude 0.5, latitude 1.5 lies outside; exchanged it lies in the city.
    report = import_files(home, mapping(tmp_path), [csv(tmp_path, lon=["0.5"] * 3, lat=["0.5", "1.5", "0.5"])])
    assert "exchanged" in report.targets[0].problems[0][0]


def test_a_corrected_quarantine_file_can_be_imported(home, tmp_path):
    rules = mapping(tmp_path)
    report = import_files(home, rules, [csv(tmp_path, dead=["1", "-2", "1"])])
    path = report.quarantine_files[0]
    corrected = pd.read_csv(path, dtype=str).assign(dead="2").drop(columns=["__row", "__reason", "__reason_en"])
    corrected.to_csv(path, index=False)
    assert import_files(home, rules, [path]).targets[0].added == 1
    assert held(home)["victims"].tolist() == [1, 2, 1]
    publish(home)


def test_repeated_ids_with_other_content_are_refused_and_exact_copies_counted(home, tmp_path):
    rows = {name: [*cells, cells[0], cells[1]] for name, cells in GOOD.items()}
    rows["dead"] = ["1", "2", "1", "1", "9"]
    target = import_files(home, mapping(tmp_path), [csv(tmp_path, **rows)]).targets[0]
    assert (target.read, target.added, target.excluded, target.quarantined) == (5, 2, 1, 2)
    assert held(home)["source_id"].tolist() == ["1", "3"]


def refused(home: Home, rules: Path, path: Path) -> str:
    before = held(home)
    with pytest.raises(DataAccessError) as caught:
        import_files(home, rules, [path])
    pd.testing.assert_frame_equal(held(home), before)
    assert path.name in caught.value.english and path.name in caught.value.chinese
    return caught.value.english


def test_files_that_cannot_be_used_are_refused_by_name(home, tmp_path):
    rules = mapping(tmp_path)
    empty = tmp_path / "empty.csv"
    empty.touch()
    assert "0 bytes" in refused(home, rules, empty)
    cut = tmp_path / "cut.xlsx"
    pd.DataFrame(GOOD).to_excel(cut, index=False)
    cut.write_bytes(cut.read_bytes()[:-700])
    assert "cut short" in refused(home, rules, cut)
    parquet = tmp_path / "cut.parquet"
    pd.DataFrame(GOOD).to_parquet(parquet)
    parquet.write_bytes(parquet.read_bytes()[:-30])
    assert "damaged" in refused(home, rules, parquet)
    wrong = tmp_path / "wrong.csv"
    wrong.write_bytes(b"id,day\n1,\xff\xfe\xfa\x00\xff\n")
    assert "encoding" in refused(home, rules, wrong) or "UTF-8" in refused(home, rules, wrong)
    missing = tmp_path / "missing.csv"
    pd.DataFrame(GOOD).drop(columns="dead").to_csv(missing, index=False)
    assert "dead" in refused(home, rules, missing)


@pytest.mark.parametrize("column", ["姓名", "phone", "身份证号码", "Address"])
def test_columns_that_look_like_identities_are_refused_until_dropped(home, tmp_path, column):
    path = tmp_path / "people.csv"
    pd.DataFrame({**GOOD, column: ["甲", "乙", "丙"]}).to_csv(path, index=False)
    assert column in refused(home, mapping(tmp_path), path)
    dropped = mapping(tmp_path, file_keys=f'drop = ["{column}"]')
    assert import_files(home, dropped, [path]).targets[0].added == 3


def test_identity_numbers_are_found_by_their_shape(home, tmp_path):
    path = tmp_path / "people.csv"
    pd.DataFrame({**GOOD, "remark": ["110101199003074512", "110101198511230021", ""]}).to_csv(path, index=False)
    assert "remark" in refused(home, mapping(tmp_path), path)


@pytest.mark.parametrize("crs", ["", "EPSG:999999", "WGS"])
def test_an_undeclared_or_unknown_coordinate_system_is_refused(home, tmp_path, crs):
    with pytest.raises((ConfigError, ImportRefused), match="(?i)crs|coordinate"):
        import_files(home, mapping(tmp_path, crs=crs), [csv(tmp_path)])


def test_totals_that_do_not_reconcile_import_nothing(home, tmp_path):
    rules = mapping(tmp_path, target_keys="expect_sum = { victims = 99 }")
    with pytest.raises(ImportRefused, match="99"):
        import_files(home, rules, [csv(tmp_path)])
    assert held(home).empty


def test_a_mapping_with_a_wrong_key_is_refused_by_that_key(tmp_path, home):
    path = mapping(tmp_path, target_keys="colour = 3")
    with pytest.raises(ConfigError, match="colour"):
        import_files(home, path, [csv(tmp_path)])


KILLED = """
import os, signal, sys
from pathlib import Path
from data_access.home import Home
import data_access.importing.merge as merge, data_access.importing.run as run
import data_access.publishing.rollups as rollups
from data_access.publishing import publish
def die(*arguments, **named):
    os.kill(os.getpid(), signal.SIGKILL)
point, home, rules, file = sys.argv[1], Home(Path(sys.argv[2])), Path(sys.argv[3]), Path(sys.argv[4])
if point == "staging": run._Run.merge = die
if point == "merging": run._Run._record = die
if point == "committing": run._kept_quarantine = die
if point == "rolling up": rollups.add_totals = die
if point == "naming": Path.rename = die
if point == "pointing": Path.replace = die
if point in ("staging", "merging", "committing"):
    run.import_files(home, rules, [file])
else:
    publish(home)
"""


@pytest.mark.parametrize("point", ["staging", "merging", "committing", "rolling up", "naming", "pointing"])
def test_a_kill_at_any_moment_leaves_the_last_published_state_served(home, tmp_path, point):
    rules = mapping(tmp_path)
    import_files(home, rules, [csv(tmp_path)])
    served = publish(home)
    changed = csv(tmp_path, "changed.csv", dead=["7", "7", "7"])
    if point not in ("staging", "merging", "committing"):
        import_files(home, rules, [changed])
    arguments = [point, str(home.path), str(rules), str(changed)]
    killed = subprocess.run([sys.executable, "-c", textwrap.dedent(KILLED), *arguments], timeout=120, check=False)
    assert killed.returncode == -signal.SIGKILL
    reader = SnapshotReader(home)
    assert reader.snapshot().snapshot_id == served
    scope = Scope("city_leader", small_city.CITY)
    victims = reader.measure_values(
        scope, ["homicide_victims"], [small_city.CITY], None, pd.Timestamp("2024-12-31").date()
    )
    assert victims["value"].tolist() == [4]
    assert held(home)["victims"].tolist() in ([1, 2, 1], [7, 7, 7])
    import_files(home, rules, [changed])
    assert publish(home) != served
    assert held(home)["victims"].tolist() == [7, 7, 7]


FULL = """
import resource, sys
import pandas, pyarrow
from data_access.__main__ import main
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
main(sys.argv[1:])
"""


@pytest.mark.parametrize(
    ("language", "said"), [("zh", "磁盘空间不足，未作任何更改"), ("en", "no space left on the disk")]
)
@pytest.mark.parametrize("command", ["import", "publish"])
def test_a_full_disk_is_said_in_a_sentence_and_leaves_the_last_state_served(home, tmp_path, command, language, said):
    rules = mapping(tmp_path)
    import_files(home, rules, [csv(tmp_path)])
    served = publish(home)
    many = 30_000
    grown = csv(
        tmp_path,
        "grown.csv",
        **{name: cells[:1] * many for name, cells in GOOD.items() if name not in ("id", "unit")},
        id=[f"g{number}" for number in range(many)],
        unit=[f"{number * 7919 % 99991}队" for number in range(many)],
    )
    files = [str(grown), "--mapping", str(rules)] if command == "import" else []
    arguments = ["--home", str(home.path), "--language", language, command, *files]
    done = subprocess.run(
        [sys.executable, "-c", FULL, *arguments], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 1 and said in done.stderr and "Traceback" not in done.stderr, done.stderr
    assert SnapshotReader(home).snapshot().snapshot_id == served
    assert held(home)["source_id"].tolist() == ["1", "2", "3"]
    assert publish(home) != served


def test_of_files_that_give_the_same_rows_the_last_stands_and_importing_them_again_changes_nothing(home, tmp_path):
    rules = mapping(tmp_path)
    earlier = csv(tmp_path, "spring.csv")
    later = csv(tmp_path, "summer.csv", id=["2", "3", "4"], dead=["7", "1", "1"])
    first, second = import_files(home, rules, [earlier, later]).targets
    assert (first.added, first.given_again) == (1, 2)
    assert (second.added, second.given_again) == (3, 0)
    assert held(home)["victims"].tolist() == [1, 7, 1, 1]
    for _ in range(2):
        again = import_files(home, rules, [earlier, later]).targets
        assert [(each.replaced, each.unchanged) for each in again] == [(0, 1), (0, 3)]
    with WorkingStore.open(home) as store:
        assert store.read(sa.select(schema.row_change)).empty
    assert import_files(home, rules, [earlier]).targets[0].replaced == 2, "given alone, it is the last"


REGIONS = """
name = "names"
[[file]]
match = "*.csv"
[[file.target]]
table = "region"
source = "civil_affairs"
[file.target.columns]
region_code = { column = "code" }
name = { column = "name" }
parent_code = { value = "970100000000" }
depth = { value = 1 }
"""


@pytest.mark.parametrize("order", [("old.csv", "new.csv"), ("new.csv", "old.csv")])
def test_of_files_that_define_one_region_the_last_names_it_each_time(home, tmp_path, order):
    (tmp_path / "names.toml").write_text(REGIONS, encoding="utf-8")
    (tmp_path / "old.csv").write_text("code,name\n970103000000,旧名县\n970104000000,只在旧表\n", encoding="utf-8")
    (tmp_path / "new.csv").write_text("code,name\n970103000000,新名县\n970105000000,只在新表\n", encoding="utf-8")
    files = [tmp_path / name for name in order]
    for _ in range(2):
        reports = import_files(home, tmp_path / "names.toml", files).targets
        with WorkingStore.open(home) as store:
            names = store.read(sa.select(schema.region.c.region_code, schema.region.c.name)).set_index("region_code")
        assert names["name"]["970103000000"] == {"new.csv": "新名县", "old.csv": "旧名县"}[order[-1]]
        assert {"970104000000", "970105000000"} <= set(names.index)
    assert [each.replaced for each in reports] == [0, 0]


def test_a_region_deeper_than_any_level_is_set_aside(home, tmp_path):
    (tmp_path / "names.toml").write_text(REGIONS.replace("value = 1", "value = 7"), encoding="utf-8")
    (tmp_path / "new.csv").write_text("code,name\n970103000000,新名县\n", encoding="utf-8")
    report = import_files(home, tmp_path / "names.toml", [tmp_path / "new.csv"]).targets[0]
    assert report.quarantined == 1
    assert "7" in report.problems[0][0]
