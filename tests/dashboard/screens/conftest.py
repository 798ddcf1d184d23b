"""Places of the demonstration city that screens are asked about."""

from __future__ import annotations

import shutil

import pytest

from data_access.home import Home
from data_access.queries import SnapshotReader


@pytest.fixture(scope="session")
def places(reader, city_scope) -> dict[int, list[str]]:
    """Codes by depth: counties, townships, grids."""
    regions = reader.regions(city_scope)
    return {depth: regions.index[regions["depth"] == depth].tolist() for depth in (1, 2, 3)}


@pytest.fixture
def own_reader(demonstration_home: Home, tmp_path) -> SnapshotReader:
    """The demonstration city with a ledger and an audit record of this test's own, both empty."""
    home = Home(tmp_path / "city")
    home.path.mkdir()
    shutil.copy(demonstration_home.pointer, home.pointer)
    home.snapshots.symlink_to(demonstration_home.snapshots)
    return SnapshotReader(home)
