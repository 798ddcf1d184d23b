"""Names of files, columns and values that would be statements: they are names, and what was there stays."""

from __future__ import annotations

import json

import pandas as pd
import pytest
import sqlalchemy as sa

from data_access import schema
from data_access.importing.run import import_files
from data_access.store.working import WorkingStore

HOSTILE = [
    "'; drop table incident; --",
    '"); drop table incident; --',
    "x' or '1'='1",
    "$$; attach 'a.db'",
    "{0}",
    "%s; :n",
]
MAPPING = """
name = "hostile"
[[file]]
match = "*.{ending}"
[[file.target]]
table = "reported_count"
source = {source}
[file.target.columns]
source_id = {{ column = {id} }}
period_start = {{ column = "month" }}
grain = {{ value = "month" }}
measure = {{ value = "volunteers" }}
value = {{ column = {number} }}
[file.target.region]
code = {{ column = {code} }}
"""


@pytest.mark.parametrize("ending", ["csv", "parquet", "xlsx"])
@pytest.mark.parametrize("name", HOSTILE)
def test_a_statement_in_a_name_is_a_name(home, tmp_path, ending, name):
    columns = {key: f"{key} {name}" for key in ("id", "number", "code")}
    quoted = {key: json.dumps(value) for key, value in columns.items()}
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(MAPPING.format(ending=ending, source=json.dumps(name), **quoted), encoding="utf-8")
    rows = pd.DataFrame(
        {columns["id"]: [name], "month": ["2024-03-01"], columns["number"]: [7], columns["code"]: ["970101000000"]}
    )
    path = tmp_path / f"{name.replace('/', '')}.{ending}"
    {"csv": rows.to_csv, "parquet": rows.to_parquet, "xlsx": rows.to_excel}[ending](path, index=False)
    target = import_files(home, mapping, [path]).targets[0]
    assert target.added == 1, target
    with WorkingStore.open(home) as store:
        kept = store.read(sa.select(schema.metadata.tables["reported_count"]))
        assert kept[["source", "source_id", "value"]].values.tolist() == [[name, name, 7]]
        assert store.read(sa.select(schema.incident)).empty
