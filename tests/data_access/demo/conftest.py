"""The demonstration city, built once for all tests of this folder."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import pyarrow as pa
import pytest

from data_access.demo import DemoSettings, build_demonstration, load_demo_settings


@pytest.fixture(scope="session")
def settings() -> DemoSettings:
    return load_demo_settings()


@pytest.fixture(scope="session")
def tables() -> Mapping[str, pa.Table]:
    return dict(build_demonstration())


@pytest.fixture(scope="session")
def frames(tables: Mapping[str, pa.Table]) -> Mapping[str, pd.DataFrame]:
    return {name: rows.to_pandas(date_as_object=False) for name, rows in tables.items()}


@pytest.fixture(scope="session")
def disputes(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Disputes after merging."""
    every = frames["dispute"]
    return every[every["merged_into"].isna()]


@pytest.fixture(scope="session")
def counts(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    return frames["reported_count"]
