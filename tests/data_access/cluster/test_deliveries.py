"""What is taken from the lake: complete deliveries of offices with plain names, nothing else."""

from __future__ import annotations

import shutil

import pytest

from data_access.cluster.deliveries import deliver, newest_deliveries
from data_access.errors import ConfigError
from data_access.home import ClusterAddress, Home
from data_access.store.working import WorkingStore
from tests.data_access import small_city


@pytest.fixture
def address(tmp_path) -> ClusterAddress:
    home = Home(tmp_path / "home")
    small_city.fill(home)
    address = ClusterAddress("", tmp_path / "lake", "east")
    with WorkingStore.open(home) as store:
        deliver(store, address)
    return address


def test_an_office_whose_folder_would_change_a_statement_is_refused_by_name(address):
    offices = address.lake / "offices"
    shutil.copytree(offices / "east", offices / "x' union select 1 --")
    with pytest.raises(ConfigError, match="union select"):
        newest_deliveries(address.lake)


def test_a_delivery_counts_only_when_it_has_its_name_and_its_list(address):
    (complete,) = newest_deliveries(address.lake)
    office = address.lake / "offices" / "east"
    shutil.copytree(complete.folder, office / "99990101' or 1=1")
    shutil.copytree(complete.folder, office / "building-1")
    unlisted = shutil.copytree(complete.folder, office / "99990101T000000000000")
    (unlisted / "delivery.json").unlink()
    assert newest_deliveries(address.lake) == [complete]
    assert complete.rows["incident"] == len(small_city.incidents())
