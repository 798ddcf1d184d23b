"""People read times by their own clock, wherever the data are kept in UTC."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from data_access.clock import local_time
from data_access.errors import ConflictError
from data_access.ledger import book
from data_access.ledger.item import Item


@pytest.fixture
def in_china(monkeypatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_a_moment_is_told_by_the_clock_of_the_server(in_china):
    assert local_time(datetime(2024, 12, 31, 16, 5)) == "2025-01-01 00:05"


def test_a_conflict_says_by_that_clock_when_the_other_wrote(in_china):
    written = datetime(2024, 12, 31, 16, 5, tzinfo=UTC).replace(tzinfo=None)
    item = Item(
        item_id="i",
        version=1,
        kind="closure_review",
        state="passed",
        region_code="990100000000",
        values={"opinion": "属实"},
        before=None,
        parent_id=None,
        due_on=None,
        role="city_leader",
        role_region="990100000000",
        recorded_at=written,
        reason="",
        snapshot_id="s",
    )
    with pytest.raises(ConflictError) as refused:
        book._conflict(item, None)
    assert "2025-01-01 00:05" in refused.value.message("zh") and "2025-01-01 00:05" in refused.value.message("en")
