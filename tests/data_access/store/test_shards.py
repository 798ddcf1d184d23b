"""Shards: the rows of a snapshot on several servers, each keeping viewers within their scope, none showing half a publish."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import date

import pandas as pd
import pytest
import sqlalchemy as sa

from data_access.access import Scope
from data_access.errors import ConfigError, DataAccessError, StoreUnavailableError
from data_access.home import Home
from data_access.publishing import publish
from data_access.queries import SnapshotReader
from data_access.store import patience
from data_access.store.postgresql import shared_store
from data_access.store.postgresql.catalogue import PREFIX_SETTING, READ_ROLE, ROLE_SETTING
from data_access.store.postgresql.connections import Database, Reachability
from data_access.store.postgresql.layout import Share, confining_code
from data_access.store.postgresql.loading import schema_of
from data_access.store.postgresql.shards import read_shards, set_up_shards
from data_access.store.snapshot_store import RowScope
from data_access.store.working import WorkingStore
from tests.data_access import small_city
from tests.data_access.small_city import CITY, EAST, WEST
from tests.servers import wait_until
from tests.shards import ADMINISTRATOR, APP, RANGES, ShardedDatabase, sharded_database

CITY_SCOPE = Scope("city_leader", CITY)
RECOVERS_SECONDS = 10
DIVIDED = [name for name, table in Share().tables("").items() if confining_code(table)]


@pytest.fixture(scope="module")
def database(sharded_servers) -> Iterator[ShardedDatabase]:
    with sharded_database(sharded_servers) as made:
        yield made


@pytest.fixture(scope="module")
def home(database, tmp_path_factory) -> Home:
    made = Home(tmp_path_factory.mktemp("shards"), database.url())
    small_city.fill(made)
    publish(made)
    return made


@pytest.fixture
def snapshot(home) -> str:
    """Name of the served snapshot's schema, on every server."""
    return schema_of(SnapshotReader(home).snapshot().snapshot_id)


@pytest.fixture
def elsewhere(database, home, tmp_path) -> SnapshotReader:
    """A reader of another machine, which signs in as the app and has no copy of the snapshot."""
    opened = SnapshotReader(Home(tmp_path / "elsewhere", database.url(APP)))
    opened.snapshot()
    return opened


def months(reader: SnapshotReader, codes: list[str], year: int = 2024, grain: str = "month") -> pd.DataFrame:
    ask = (CITY_SCOPE, ["homicide_incidents"], codes, date(year, 1, 1), date(year, 12, 31))
    return reader.measure_values(*ask, grain=grain)


def rows_on(database: ShardedDatabase, shard: str | None, schema: str, table: str) -> pd.Series:
    """Return how many rows of each innermost code a server itself holds."""
    part = table if shard else f"{table}__here"
    code = confining_code(Share().tables("")[table])
    with database.connect(ADMINISTRATOR, shard) as owner:
        owner.execute("set role pingan_write")  # whoever owns the tables
        found = owner.execute(f'select {code}, count(*) from "{schema}"."{part}" group by 1').fetchall()
    return pd.Series(dict(found), dtype=int)


def test_every_row_lies_on_the_server_of_its_region_and_nowhere_else(database, home, snapshot):
    held = {(place, table): rows_on(database, place, snapshot, table) for place in (None, *RANGES) for table in DIVIDED}
    for (place, table), rows in held.items():
        homes = {
            next((name for name, digits in RANGES.items() if code.startswith(digits)), None) for code in rows.index
        }
        assert homes <= {place}, table
    for place in (None, *RANGES):
        assert sum(len(held[place, table]) > 0 for table in DIVIDED) >= 6, place


SCOPELESS = [
    (None, None),
    ("city_leader", None),
    (None, "9701"),
    ("", "9701"),
    ("mayor", "9701"),
    ("city_leader", ""),
    ("city_leader", "%"),
    ("city_leader", "97%"),
    ("city_leader", "9"),
    ("city_leader", "9701' or true --"),
]


@pytest.mark.parametrize(("role", "prefix"), SCOPELESS)
@pytest.mark.parametrize("shard", RANGES)
def test_whoever_signs_in_on_a_shard_without_a_whole_scope_sees_no_row(database, home, snapshot, shard, role, prefix):
    with database.connect(APP, shard) as connection, connection.transaction():
        for name, value in ((ROLE_SETTING, role), (PREFIX_SETTING, prefix)):
            if value is not None:
                connection.execute("select set_config(%s, %s, true)", (name, value))
        for table in DIVIDED:
            assert connection.execute(f'select count(*) from "{snapshot}"."{table}"').fetchone() == (0,), table


def test_a_shard_shows_a_scope_its_own_rows_only(database, home, snapshot):
    def seen(prefix: str) -> set[str]:
        with database.connect(APP, "east") as connection, connection.transaction():
            connection.execute("update cockpit.scope set role = 'county_leader', prefix = %s", (prefix,))
            return {name for (name,) in connection.execute(f"select source_id from {snapshot}.incident_placed")}

    assert seen("9701") == {"a1", "a4", "a5"}, "of the city what lies in the east"
    assert seen("970101001") == {"a1", "a4"}
    assert seen("970102") == set()


def test_a_scope_does_not_stay_in_the_coordinators_connection_to_a_shard(database, home, snapshot):
    count = f"select count(*) from {snapshot}.incident_placed where code_1 is not null"
    with database.connect(APP) as connection:
        connection.execute(f"set role {READ_ROLE}")
        with connection.transaction():
            connection.execute("select cockpit.enter_scope('city_leader', '9701')")
            assert connection.execute(count).fetchone() == (5,)
        with connection.transaction():
            assert connection.execute(count).fetchone() == (0,), "nobody entered"
        with connection.transaction():  # the coordinator's own policy passes, the shards' do not
            for name, value in ((ROLE_SETTING, "city_leader"), (PREFIX_SETTING, "9701")):
                connection.execute("select set_config(%s, %s, true)", (name, value))
            assert connection.execute(count).fetchone() == (0,), "settings of the coordinator reach no shard"


def test_nobody_but_the_owner_can_read_how_the_coordinator_signs_in(database, home):
    mappings = "select umoptions from pg_user_mappings"
    with database.connect(APP) as app:
        for role in (APP, READ_ROLE):
            app.execute(f"set role {role}")
            assert app.execute(mappings).fetchall() == [(None,), (None,)]
    with database.connect(APP) as app, pytest.raises(Exception, match="permission denied"):
        app.execute(f"set role {READ_ROLE}")
        app.execute(f"select * from {schema_of(SnapshotReader(home).snapshot().snapshot_id)}.measure_month_east")


def test_shards_filter_and_add_up_themselves(home, snapshot):
    database = Database(home.database_url, READ_ROLE, Reachability())
    query = (
        f"select measure, region_code, sum(value) from {snapshot}.measure_month where depth = 1 and not divided"
        " and measure = 'homicide_incidents' and month <= $1 {} group by 1, 2"
    )

    def plan(more: str) -> list[str]:
        explain = "explain verbose " + query.format(more)
        lines = database.ask(
            lambda connection: connection.exec_driver_sql(explain, (date(2024, 12, 31),)).scalars().all(),
            row_scope=RowScope("city_leader", "9701"),
        )
        return [line for line in lines if "Remote SQL" in line]

    both, one = plan(""), plan(f"and region_code in ('{EAST}')")
    assert len(both) == 2
    assert len(one) == 1, "the other shard is not asked"
    for line in (*both, *one):
        assert f"FROM {snapshot}.measure_month WHERE" in line
        assert "starts_with(region_code, $1::text)" in line
        assert "month <= '2024-12-31'" in line
    assert all("sum(value)" in line and "GROUP BY 1, 2" in line for line in both)
    assert f"region_code = '{EAST}'" in one[0]


def add_a_homicide(home: Home, number: int) -> None:
    rows = small_city.incidents()
    more = [rows.iloc[[0, 1]].assign(source_id=[f"e{n}", f"w{n}"], occurred_on=date(2024, 6, 1)) for n in range(number)]
    with WorkingStore.open(home) as store, store.transaction():
        store.replace_all("incident", pd.concat([rows, *more], ignore_index=True))


def snapshots_on(database: ShardedDatabase, shard: str) -> set[str]:
    with database.connect(ADMINISTRATOR, shard) as owner:
        return {name for (name,) in owner.execute("select nspname from pg_namespace where nspname like 'snapshot%'")}


def test_nobody_sees_half_a_publish_and_a_broken_one_leaves_nothing(database, home, tmp_path):
    before = SnapshotReader(home).snapshot().snapshot_id
    known = months(SnapshotReader(home), [EAST, WEST])
    add_a_homicide(home, 1)
    seen, on_shards = [], []

    def look(done: float, step: str) -> None:
        held = [len(snapshots_on(database, shard)) for shard in RANGES]
        if step == "share" and held not in on_shards:
            reader = SnapshotReader(Home(tmp_path, home.database_url))
            seen.append((reader.snapshot().snapshot_id, months(reader, [EAST, WEST])))
            on_shards.append(held)
        if step == "share" and done > 0.999:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        publish(home, look)
    assert on_shards == [[1, 1], [2, 1], [2, 2]], "each half was looked at"
    for snapshot_id, frame in seen:
        assert snapshot_id == before
        pd.testing.assert_frame_equal(frame, known)
    assert SnapshotReader(home).snapshot().snapshot_id == before
    after = publish(home)
    reader = SnapshotReader(home)
    assert reader.snapshot().snapshot_id == after
    frame = months(reader, [EAST, WEST])
    assert frame.loc[frame["period_start"] == pd.Timestamp(2024, 6, 1), "value"].tolist() == [1, 1]
    for shard in RANGES:
        assert snapshots_on(database, shard) == {schema_of(each) for each in reader.kept_snapshot_ids()}


def test_what_the_coordinator_no_longer_keeps_leaves_the_shards_with_the_next_publish(database, home, monkeypatch):
    monkeypatch.setattr(shared_store, "KEPT_SNAPSHOTS", 1)
    for _ in range(2):
        newest = publish(home)
    assert SnapshotReader(home).kept_snapshot_ids() == [newest]
    for shard in RANGES:
        assert len(snapshots_on(database, shard)) == 2, "the newest, and the one that the coordinator dropped after it"


def quietly(ask):
    with suppress(DataAccessError):
        return ask()
    return None


def test_a_lost_shard_is_a_lost_database_never_a_partial_number(sharded_servers, home, elsewhere):
    whole = months(elsewhere, [CITY, EAST, WEST], 2023)
    assert set(whole["region_code"]) == {CITY, EAST, WEST}
    sharded_servers.shards["west"].stop()
    try:
        wait_until(lambda: quietly(elsewhere._store.served_snapshot_id) is None)
        pd.testing.assert_frame_equal(months(elsewhere, [CITY, EAST, WEST], 2023), whole)
        for codes in ([CITY], [EAST], [WEST], [EAST, WEST]):
            with pytest.raises(StoreUnavailableError, match="Shard 'west'"):
                months(elsewhere, codes, 2022, grain="day")
        since = elsewhere.unreachable_since()
        assert since is not None
        copy = SnapshotReader(home)
        pd.testing.assert_frame_equal(months(copy, [CITY, EAST, WEST], 2023), whole)
        assert copy.unreachable_since() is not None
    finally:
        sharded_servers.shards["west"].start()
    wait_until(lambda: quietly(lambda: months(elsewhere, [WEST], 2022, grain="day")) is not None, RECOVERS_SECONDS)
    assert elsewhere.unreachable_since() is None


def test_a_publish_without_a_shard_changes_nothing(sharded_servers, home, monkeypatch):
    monkeypatch.setattr(patience, "WAIT_SECONDS", 0.05)
    before = SnapshotReader(home).snapshot().snapshot_id
    sharded_servers.shards["west"].stop()
    try:
        with pytest.raises(StoreUnavailableError):
            publish(home)
    finally:
        sharded_servers.shards["west"].start()
    wait_until(lambda: quietly(lambda: SnapshotReader(home).snapshot().snapshot_id) == before, RECOVERS_SECONDS)
    assert publish(home) != before


def test_setting_up_again_renews_passwords_and_keeps_serving(database, home):
    reader = SnapshotReader(home)
    months(reader, [EAST], 2021)
    for found, newest in set_up_shards(database.url(ADMINISTRATOR)).values():
        assert found == newest
    assert len(months(reader, [CITY, WEST], 2022)) > 0


def test_a_shard_that_holds_kept_rows_can_not_leave(database, home):
    with pytest.raises(ConfigError, match="can't leave"):
        set_up_shards(database.url(ADMINISTRATOR), database.declared()[:1])
    assert len(months(SnapshotReader(home), [WEST], 2023)) == 1


def test_a_database_with_snapshots_of_its_own_is_no_shard(database, home):
    own_port = sa.make_url(home.database_url).port
    used = database.declared()[0].model_copy(update={"name": "used", "port": own_port})
    with pytest.raises(ConfigError, match="empty database"):
        set_up_shards(database.url(ADMINISTRATOR), [*database.declared(), used])
    with database.connect(ADMINISTRATOR) as owner:  # a new session signs in on the shards anew
        owner.execute(f"set role {READ_ROLE}")
        owner.execute("select cockpit.enter_scope('city_leader', '9701')")


def test_a_shard_takes_no_more_rows_and_leaves(sharded_servers, tmp_path, monkeypatch):
    monkeypatch.setattr(shared_store, "KEPT_SNAPSHOTS", 1)
    with sharded_database(sharded_servers) as database:
        home = Home(tmp_path, database.url())
        small_city.fill(home)
        publish(home)
        whole = months(SnapshotReader(home), [CITY, EAST, WEST])
        east, west = database.declared()
        rests = west.model_copy(update={"first_digits": None, "last_digits": None})
        set_up_shards(database.url(ADMINISTRATOR), [east, rests])
        publish(home)
        pd.testing.assert_frame_equal(months(SnapshotReader(home), [CITY, EAST, WEST]), whole)
        set_up_shards(database.url(ADMINISTRATOR), [east])
        pd.testing.assert_frame_equal(months(SnapshotReader(Home(tmp_path, database.url())), [CITY, EAST, WEST]), whole)


GOOD = {"name": '"east"', "host": '"10.0.0.11"', "first_digits": '"990101"', "last_digits": '"990106"'}


def written(path, *rows: dict):
    path.write_text(
        "".join("[[shard]]\n" + "".join(f"{key} = {value}\n" for key, value in row.items()) for row in rows)
    )
    return path


def test_a_file_of_shards_is_read(tmp_path):
    other = {**GOOD, "name": '"west"', "host": '"10.0.0.12"', "first_digits": '"990107"', "last_digits": '"990119"'}
    east, west = read_shards(written(tmp_path / "shards.toml", GOOD, other))
    assert (east.port, east.database) == (5432, "pingan")
    assert (east.start, east.after, west.after) == ("990101", "990107", "99011:")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"first_digits": '"99%"'}, "first_digits"),
        ({"first_digits": '""'}, "first_digits"),
        ({"last_digits": '"9901"'}, "one length"),
        ({"last_digits": '"990100"'}, "in order"),
        ({"name": '"East; drop"'}, "name"),
        ({"port": "0"}, "port"),
        ({"password": '"x"'}, "password"),
        ({"host": "7"}, "host"),
    ],
)
def test_an_impossible_shard_is_refused_with_what_is_wrong(tmp_path, changes, says):
    with pytest.raises(ConfigError, match=says):
        read_shards(written(tmp_path / "shards.toml", {**GOOD, **changes}))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (
            {"name": '"west"', "host": '"10.0.0.12"', "first_digits": '"99010603"', "last_digits": '"99010704"'},
            "both hold",
        ),
        ({"host": '"10.0.0.12"', "first_digits": '"990107"', "last_digits": '"990108"'}, "name east"),
        ({"name": '"west"', "first_digits": '"990107"', "last_digits": '"990108"'}, "10.0.0.11:5432/pingan"),
    ],
)
def test_shards_that_cross_are_refused(tmp_path, changes, says):
    with pytest.raises(ConfigError, match=says):
        read_shards(written(tmp_path / "shards.toml", GOOD, {**GOOD, **changes}))
