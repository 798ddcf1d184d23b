"""config/demo.toml is checked on load, and loading the city replaces what a store held."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from pydantic import ValidationError

from data_access import schema
from data_access.demo import DEMO_TABLES, DemoSettings, load_demonstration
from data_access.home import Home
from data_access.store.working import WorkingStore


def changed(settings: DemoSettings, part: str, **values: object) -> dict:
    rows = settings.model_dump()
    rows[part].update(values)
    return rows


@pytest.mark.parametrize(
    ("part", "values", "message"),
    [
        ("alarms", {"incidents": (1, 2)}, "alarms.incidents needs one value for each year"),
        ("homicides", {"last_year_by_class": {"01": 3}}, "must add up to the last of incidents"),
        ("late", {"disputes": {"无此县": 3}}, "names counties that don't exist"),
        ("city", {"name": "青岚市"}, "should match pattern"),
        ("city", {"code_prefix": "3701"}, "should match pattern"),
        ("money", {"fund_awarded": 6_000_000}, "must not exceed fund"),
        ("survey", {"asked": 1}, "Extra inputs are not permitted"),
    ],
)
def test_wrong_settings_are_refused_with_the_reason(settings, part, values, message):
    with pytest.raises(ValidationError, match=message):
        DemoSettings.model_validate(changed(settings, part, **values))


def test_loading_twice_leaves_each_row_once(tmp_path, tables):
    home = Home(tmp_path)
    load_demonstration(home)
    load_demonstration(home)
    with WorkingStore.open(home) as store:
        for name in DEMO_TABLES:
            held = store.read(sa.select(sa.func.count()).select_from(schema.metadata.tables[name])).iloc[0, 0]
            assert held == tables[name].num_rows, name
