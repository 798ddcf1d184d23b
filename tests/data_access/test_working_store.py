"""The working store keeps what it holds through upgrades, and lets one writer in at a time."""

from __future__ import annotations

import subprocess
import sys

import pandas as pd
import pytest
import sqlalchemy as sa

from data_access import schema
from data_access.errors import DataAccessError, SchemaVersionError, StoreBusyError
from data_access.home import Home
from data_access.store.working import WorkingStore

DECISION = {
    "source": ["office"],
    "source_id": ["1"],
    "region_code": ["970100000000"],
    "task": ["核查"],
    "unit": ["政法委"],
    "decided_on": [pd.Timestamp("2024-01-02")],
    "due_on": [pd.Timestamp("2024-02-02")],
}


def test_a_file_of_the_first_version_is_brought_up_to_date_with_its_rows(tmp_path):
    home = Home(tmp_path)
    with WorkingStore.open(home) as store:
        store.append("decision", pd.DataFrame(DECISION))
        with store.transaction() as connection:
            for column in ("task_en", "unit_en"):
                connection.execute(sa.text(f"alter table decision drop column {column}"))
            connection.execute(sa.text("alter table case_package drop column leader_post_en"))
            connection.execute(sa.text("update schema_version set version = 1"))
    with WorkingStore.open(home) as store:
        rows = store.read(sa.select(schema.decision))
    assert rows["task"].tolist() == ["核查"]
    assert rows["task_en"].isna().all()


def test_a_file_of_a_newer_program_is_refused(tmp_path):
    home = Home(tmp_path)
    with WorkingStore.open(home) as store, store.transaction() as connection:
        connection.execute(sa.text("update schema_version set version = 999"))
    with pytest.raises(SchemaVersionError, match="999"):
        WorkingStore.open(home)


def test_a_second_writer_is_told_to_wait(tmp_path):
    home = Home(tmp_path)
    with WorkingStore.open(home):
        script = (
            "import sys; from pathlib import Path; from data_access.home import Home;"
            "from data_access.store.working import WorkingStore; WorkingStore.open(Home(Path(sys.argv[1])))"
        )
        done = subprocess.run([sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, timeout=60)
    assert StoreBusyError.__name__ in done.stderr


def test_rows_with_unknown_or_missing_columns_are_refused_and_leave_nothing(tmp_path):
    with WorkingStore.open(Home(tmp_path)) as store:
        with pytest.raises(DataAccessError, match="surname"):
            store.append("decision", pd.DataFrame({**DECISION, "surname": ["x"]}))
        with pytest.raises(DataAccessError, match="due_on"):
            store.append("decision", pd.DataFrame(DECISION).drop(columns="due_on"))
        assert store.read(sa.select(schema.decision)).empty


def test_a_failed_transaction_leaves_the_rows_as_they_were(tmp_path):
    with WorkingStore.open(Home(tmp_path)) as store:
        store.append("decision", pd.DataFrame(DECISION))
        with pytest.raises(RuntimeError), store.transaction():
            store.replace_all("decision", pd.DataFrame(DECISION).assign(task="改"))
            raise RuntimeError
        assert store.read(sa.select(schema.decision))["task"].tolist() == ["核查"]


def test_new_data_folder_is_its_owners_alone_and_one_that_is_there_keeps_its_rights(tmp_path):
    home = Home(tmp_path / "new", None).create()
    folders = (home.path, home.snapshots, home.quarantine, home.staging)
    assert [f"{folder.stat().st_mode & 0o777:o}" for folder in folders] == ["700"] * 4
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(0o750)
    assert Home(tmp_path / "shared", None).create().path.stat().st_mode & 0o777 == 0o750
