"""What Spark publishes equals what the embedded store publishes, with a worker lost on the way and records sent twice."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from datetime import date, datetime
from pathlib import Path

import duckdb
import pandas as pd
import pytest
import sqlalchemy as sa

from data_access import schema
from data_access.home import ClusterAddress, Home
from data_access.publishing import publish
from data_access.publishing.engine import PUBLISHED_TABLES
from data_access.store.snapshot_files import served_snapshot_id, snapshot_file
from data_access.store.working import WorkingStore
from tests.data_access import small_city
from tests.servers import REPOSITORY, wait_until
from tests.spark import SparkCluster

FRACTIONS = [0.1, 0.2, 0.3, 1e6 + 0.01, 7.7] * 7
"""Sums of these depend on the order they are added up in, unless they are added up exactly."""


def command(home: Path, *words: str) -> subprocess.CompletedProcess:
    line = [sys.executable, "-m", "data_access", "--home", str(home), *words]
    return subprocess.run(line, cwd=REPOSITORY, capture_output=True, text=True, timeout=600)


def more_records() -> dict[str, pd.DataFrame]:
    """Another office's records: one dispute that the city has, too, with newer contents, and what only it has."""
    rows = small_city.disputes().iloc[:2].copy()
    rows.loc[rows.index[0], "risk_colour"] = "yellow"
    rows.loc[rows.index[1], "source_id"] = "other-1"
    towns = list(small_city.TOWNS)
    counts = pd.DataFrame({"value": FRACTIONS}).assign(
        source="other_office",
        source_id=[f"f{number}" for number in range(len(FRACTIONS))],
        region_code=[towns[number % len(towns)] for number in range(len(FRACTIONS))],
        period_start=[date(2024, 1 + number % 9, 1) for number in range(len(FRACTIONS))],
        grain="month",
        measure="patrol_done",
        class_code="",
        channel="",
    )
    return {"dispute": rows, "reported_count": counts, **short_tables()}


def short_tables() -> dict[str, pd.DataFrame]:
    """Two rows of every other table: the first with all its dates, the second with those it must have."""
    frames = {}
    for table in schema.FACT_TABLES:
        if table.name in ("incident", "dispute", "reported_count"):
            continue
        rows = []
        for number, code in enumerate((small_city.EAST, next(iter(small_city.GRIDS)))):
            row = {column.name: sample(column, number) for column in table.columns}
            rows.append(row | {"source": "other_office", "source_id": f"{table.name}-{number}", "region_code": code})
        frames[table.name] = pd.DataFrame(rows)
    return frames


KINDS = {"kind": "quarterly_dispatch", "question": "sense_of_safety", "leader_level": "county", "status": "成立"}


def sample(column: sa.Column, number: int) -> object:
    if number and column.nullable:
        return None
    if isinstance(column.type, sa.DateTime):
        return datetime(2024, 3 + number, 5, 10, 30, 1, 250_000)
    if isinstance(column.type, sa.Date):
        return date(2024, 3 + number, 5)
    if isinstance(column.type, sa.Integer):
        return 2024 if column.name == "year" else 3 + number
    if isinstance(column.type, sa.Float):
        return 1.5
    return True if isinstance(column.type, sa.Boolean) else KINDS.get(column.name, "x")


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Snapshot file of a city that both offices' records were imported into."""
    home = Home(tmp_path_factory.mktemp("embedded"))
    small_city.fill(home)
    with WorkingStore.open(home) as store:
        more = more_records()
        mediation = pd.concat([more["dispute"], small_city.disputes()]).drop_duplicates("source_id")
        store.replace_all("dispute", mediation)
        for name in set(more) - {"dispute"}:
            store.append(name, more[name])
    publish(home)
    return snapshot_file(home, served_snapshot_id(home))


@pytest.fixture(scope="module")
def counted_by_spark(spark_cluster: SparkCluster, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The city published by the command on a cluster that loses a worker while it counts, the other office's lake beside."""
    folder = tmp_path_factory.mktemp("spark")
    lake = folder / "a lake"
    city, office = Home(folder / "city"), Home(folder / "office")
    small_city.fill(city)
    small_city.fill(office)
    # The office delivered twice; what it delivered first no longer counts. It is newer than the city's own delivery.
    assert command(office.path, "deliver", "--lake", str(lake), "--sender", "east").returncode == 0
    with WorkingStore.open(office) as store:
        store.replace_all("incident", small_city.incidents().iloc[:0])
        for name, frame in more_records().items():
            store.replace_all(name, frame)
    killed = threading.Event()

    def kill_while_it_counts() -> None:
        wait_until((lake / "scratch" / "main" / "published" / "measure_month").exists, 500)
        spark_cluster.kill_a_worker()
        killed.set()

    done = command(office.path, "deliver", "--lake", str(lake), "--sender", "east")
    assert done.returncode == 0, done.stderr
    # The city's delivery is made by the publish; its clock is later, so the office's is given a later time.
    (newest,) = sorted((lake / "offices" / "east").iterdir())[-1:]
    newest.rename(newest.with_name(f"9{newest.name[1:]}"))
    killer = threading.Thread(target=kill_while_it_counts)
    with spark_cluster.another_worker():
        killer.start()
        done = command(city.path, "publish", "--engine", "spark", "--master", spark_cluster.master, "--lake", str(lake))
        killer.join()
    assert done.returncode == 0, done.stdout + done.stderr
    assert killed.is_set()
    assert served_snapshot_id(city) == done.stdout.split()[-1]
    assert not (lake / "scratch" / "main").exists()
    return city


@pytest.mark.parametrize("table", [table.name for table in PUBLISHED_TABLES if table.name != "snapshot"])
def test_every_table_equals_the_embedded_stores_to_the_last_digit(table, embedded, counted_by_spark):
    spark = snapshot_file(counted_by_spark, served_snapshot_id(counted_by_spark))
    with duckdb.connect() as connection:
        connection.execute(f"attach '{embedded}' as embedded (read_only)")
        connection.execute(f"attach '{spark}' as spark (read_only)")
        only = [
            connection.execute(f"from {one}.{table} except all from {other}.{table}").fetchall()
            for one, other in (("embedded", "spark"), ("spark", "embedded"))
        ]
        assert only == [[], []]
        types = "select column_name, data_type, is_nullable from duckdb_columns() where database_name = ? and table_name = ?"
        assert connection.execute(types, ["spark", table]).fetchall() == (
            connection.execute(types, ["embedded", table]).fetchall()
        )


def test_the_compared_city_has_something_in_every_roll_up(embedded):
    with duckdb.connect(str(embedded), read_only=True) as connection:
        for name in ("measure_day", "measure_month", "measure_year", "measure_histogram", "source_quality"):
            assert connection.execute(f"select count(*) from {name}").fetchall()[0][0] > 0
        for name in schema.PLACED_TABLES:
            assert connection.execute(f"select count(*) from {name}_placed").fetchall()[0][0] > 0
        (sums,) = connection.execute(
            "select sum(value)::decimal(18, 2) from measure_month where measure = 'patrol_done' and depth = 0 and not divided"
        ).fetchall()[0]
    assert float(sums) == pytest.approx(sum(FRACTIONS) + 30, abs=1e-9)


@pytest.mark.parametrize(
    ("words", "environment", "said"),
    [
        (["--master", "spark://127.0.0.1:1"], {}, "无应答"),
        (["--master", "127.0.0.1:7077"], {}, "spark://主机:7077"),
        ([], {"SPARK_MASTER": ""}, "spark://主机:7077"),
        (["--master", "spark://127.0.0.1:1"], {"PATH": "/nowhere", "JAVA_HOME": ""}, "未安装 Java"),
    ],
    ids=["no master", "no address", "nothing given", "no Java"],
)
def test_a_cluster_that_cannot_be_used_is_named_in_the_users_language(tmp_path, words, environment, said):
    home = Home(tmp_path / "home")
    small_city.fill(home)
    line = [sys.executable, "-m", "data_access", "--home", str(home.path), "publish", "--engine", "spark", *words]
    done = subprocess.run(
        line, cwd=REPOSITORY, capture_output=True, text=True, timeout=60, env={**os.environ, **environment}
    )
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(home.snapshots.glob("*.duckdb"))


def test_without_pyspark_it_says_what_to_install(tmp_path, monkeypatch):
    from data_access.errors import ClusterError

    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    monkeypatch.setattr("data_access.cluster.session._check_java", lambda: None)
    home = Home(tmp_path / "home", None, ClusterAddress("spark://127.0.0.1:1", tmp_path / "lake"))
    small_city.fill(home)
    with pytest.raises(ClusterError, match="pip install 'pyspark") as told:
        publish(home)
    assert "未安装 pyspark" in told.value.message("zh")
