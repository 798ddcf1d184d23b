"""Clocks that are wrong: what comes later is known by its number."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from data_access.audit import AuditBook
from data_access.home import Home
from data_access.ledger import Ledger
from data_access.publishing import publish
from data_access.queries import SnapshotReader
from tests.data_access import small_city
from tests.data_access.store.test_faults import CITY_SCOPE, decision
from tests.stores import fresh_database


@pytest.fixture(scope="module")
def home(postgresql_address, tmp_path_factory) -> Iterator[Home]:
    with fresh_database(postgresql_address) as url:
        made = Home(tmp_path_factory.mktemp("clocks"), url)
        small_city.fill(made)
        publish(made)
        yield made


@pytest.mark.parametrize("skew", [timedelta(days=-2), timedelta(days=2)])
def test_a_clock_that_is_wrong_changes_no_order(home, monkeypatch, skew):
    """What comes later is known by number, never by a clock: in the ledger and in the audit record."""
    ledger = Ledger.beside(SnapshotReader(home))
    item_id = f"skewed{skew.days}"
    first = ledger.write(CITY_SCOPE, **decision(1, item_id))
    with skewed(monkeypatch, skew):
        second = ledger.write(CITY_SCOPE, **decision(2, item_id), seen_version=1)
    assert abs(second.recorded_at - first.recorded_at) > timedelta(days=1)
    assert ledger.item(CITY_SCOPE, item_id) == second
    third = ledger.write(CITY_SCOPE, **decision(3, item_id), seen_version=2)
    assert [item.version for item in ledger.history(CITY_SCOPE, item_id)] == [1, 2, 3]
    assert ledger.item(CITY_SCOPE, item_id) == third
    findings = AuditBook(home).verify()[1]
    assert all(finding.is_remark for finding in findings), findings


def test_a_publish_by_a_machine_whose_clock_is_behind_is_the_one_served(home, monkeypatch):
    with skewed(monkeypatch, timedelta(days=-2)):
        published = publish(home)
    assert SnapshotReader(home).snapshot().snapshot_id == published


@contextmanager
def skewed(monkeypatch, skew: timedelta) -> Iterator[None]:
    """Let this machine's clock be wrong, as the program reads it."""
    from datetime import datetime

    class WrongClock(datetime):
        @classmethod
        def now(cls, zone=None):
            return datetime.now(zone) + skew

    with monkeypatch.context() as patch:
        for module in ("ledger.book", "audit.book", "publishing.publish", "store.postgresql.loading"):
            patch.setattr(sys.modules[f"data_access.{module}"], "datetime", WrongClock)
        yield
