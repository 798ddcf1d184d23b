"""What the importer's tests share: the small city without records, and rows brought in by a test file's own mapping."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa

from data_access import schema
from data_access.home import Home
from data_access.importing.report import TargetReport
from data_access.importing.run import import_files
from data_access.store.working import WorkingStore
from tests.data_access import small_city


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """The small city's regions, with no records yet."""
    home = Home(tmp_path / "home")
    small_city.fill(home)
    with WorkingStore.open(home) as store:
        for name in ("incident", "dispute", "reported_count"):
            store.replace_all(name, store.read(sa.select(schema.metadata.tables[name])).iloc[:0])
    return home


@pytest.fixture
def imported(home: Home, tmp_path: Path, request: pytest.FixtureRequest) -> Callable[..., TargetReport]:
    """Import rows as a file called after their kind, by the ``MAPPING`` of the test's module."""

    def run(kind: str, *rows: dict[str, str]) -> TargetReport:
        (tmp_path / "mapping.toml").write_text(request.module.MAPPING, encoding="utf-8")
        path = tmp_path / f"{kind}.csv"
        pd.DataFrame(rows).to_csv(path, index=False)
        return import_files(home, tmp_path / "mapping.toml", [path]).targets[0]

    return run
