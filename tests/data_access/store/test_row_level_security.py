"""PostgreSQL itself keeps a viewer within their scope, whatever the program asks."""

from __future__ import annotations

import duckdb
import psycopg
import pytest
import sqlalchemy as sa

from data_access import schema
from data_access.errors import ConfigError, PublishRefused
from data_access.home import Home
from data_access.publishing import publish
from data_access.queries import SnapshotReader
from data_access.store.postgresql import layout
from data_access.store.postgresql.catalogue import PREFIX_SETTING, READ_ROLE, ROLE_SETTING, WRITE_ROLE
from data_access.store.postgresql.connections import Database, Reachability
from data_access.store.postgresql.loading import check_codes_nest, schema_of
from data_access.store.snapshot_store import RowScope
from tests.data_access import small_city
from tests.data_access.small_city import CITY, EAST, WEST


@pytest.fixture(scope="module")
def home(shared_database, tmp_path_factory) -> Home:
    home = Home(tmp_path_factory.mktemp("row_level_security"), shared_database)
    small_city.fill(home)
    publish(home)
    return home


@pytest.fixture(scope="module")
def snapshot_schema(home) -> str:
    return schema_of(SnapshotReader(home).snapshot().snapshot_id)


@pytest.fixture
def app_login(home, shared_database):
    """A connection of a login that an administrator made for the app: member of the read role, nothing else."""
    with psycopg.connect(plain(shared_database), autocommit=True) as owner:
        owner.execute("drop role if exists app_login")
        owner.execute(f"create role app_login login password 'p' in role {READ_ROLE}")
        address = sa.make_url(shared_database).set(username="app_login", password="p")
        with psycopg.connect(plain(address.render_as_string(hide_password=False)), autocommit=True) as connection:
            yield connection
        owner.execute("drop role app_login")


def plain(url: str) -> str:
    return url.replace("postgresql+psycopg://", "postgresql://")


def protected(home: Home, schema_name: str) -> list[str]:
    """Return every table of a snapshot that holds some region's rows, roll-ups and records alike."""
    with psycopg.connect(plain(home.database_url)) as owner:
        rows = owner.execute(
            "select relname from pg_class where relnamespace = %s::regnamespace and relrowsecurity",
            (f'"{schema_name}"',),
        ).fetchall()
    return sorted(name for (name,) in rows)


def seen(
    connection: psycopg.Connection, schema_name: str, tables: list[str], role: str | None, prefix: str | None
) -> dict[str, int]:
    """Return how many rows of each table one transaction sees."""
    with connection.transaction():
        for name, value in ((ROLE_SETTING, role), (PREFIX_SETTING, prefix)):
            if value is not None:
                connection.execute("select set_config(%s, %s, true)", (name, value))
        return {
            table: connection.execute(f'select count(*) from "{schema_name}"."{table}"').fetchone()[0]
            for table in tables
        }


@pytest.mark.parametrize(
    ("role", "prefix"),
    [
        (None, None),
        ("city_leader", None),
        (None, "9701"),
        ("", "9701"),
        ("mayor", "9701"),
        ("%", "9701"),
        ("city_leader", ""),
        ("city_leader", "%"),
        ("city_leader", "_"),
        ("city_leader", "97%"),
        ("city_leader", "9"),
        ("city_leader", "9701' or true --"),
        ("city_leader", "9801"),
    ],
)
def test_without_a_whole_scope_no_row_of_any_table_is_seen(home, app_login, snapshot_schema, role, prefix):
    tables = protected(home, snapshot_schema)
    assert {"measure_day", "measure_month", "measure_year", "measure_histogram"} < set(tables)
    assert seen(app_login, snapshot_schema, tables, role, prefix) == dict.fromkeys(tables, 0)


def test_a_setting_that_falls_back_to_empty_after_a_transaction_shows_nothing(home, app_login, snapshot_schema):
    tables = protected(home, snapshot_schema)
    with psycopg.connect(plain(home.database_url)) as owner:
        all_rows = {
            table: owner.execute(f'select count(*) from "{snapshot_schema}"."{table}"').fetchone()[0]
            for table in tables
        }
    assert sum(count > 0 for count in all_rows.values()) >= 8
    assert seen(app_login, snapshot_schema, tables, "city_leader", "9701") == all_rows
    left = app_login.execute("select current_setting(%s, true)", (PREFIX_SETTING,)).fetchone()[0]
    assert left == "", "the trap: not NULL"
    assert seen(app_login, snapshot_schema, tables, None, None) == dict.fromkeys(tables, 0)


def test_a_county_sees_of_every_table_only_rows_whose_innermost_code_is_its_own(home, app_login, snapshot_schema):
    for table in protected(home, snapshot_schema):
        columns = schema.metadata.tables[table].columns
        code = "coalesce(code_3, code_2, code_1, code_0)" if "code_0" in columns else "region_code"
        with app_login.transaction():
            for name, value in ((ROLE_SETTING, "county_leader"), (PREFIX_SETTING, EAST[:6])):
                app_login.execute("select set_config(%s, %s, true)", (name, value))
            codes = app_login.execute(f'select distinct {code} from "{snapshot_schema}"."{table}"').fetchall()
        assert all(found.startswith(EAST[:6]) for (found,) in codes), table


def test_a_county_sees_its_own_rows_and_those_that_came_under_its_old_code(home):
    reader = SnapshotReader(home)
    database = Database(home.database_url, READ_ROLE, Reachability())
    table = schema.PLACED_TABLES["incident"]
    options = {"schema_translate_map": {None: schema_of(reader.snapshot().snapshot_id)}}

    def ids(prefix: str) -> set[str]:
        scope = RowScope("county_leader", prefix)
        rows = database.ask(
            lambda c: c.execute(sa.select(table.c.source_id)).scalars().all(), row_scope=scope, **options
        )
        return set(rows)

    assert ids("9701") == {"a1", "a2", "a3", "a4", "a5", "a6"}
    assert ids(EAST[:6]) == {"a1", "a4", "a5"}
    assert ids(WEST[:6]) == {"a2", "a3"}
    assert ids("970101002") == set()


@pytest.mark.parametrize("prefix", ["%", "97%", "97 ", "९७०१", "9701';--"])
def test_a_scope_that_is_not_digits_is_refused_before_any_query(home, prefix):
    database = Database(home.database_url, READ_ROLE, Reachability())
    with pytest.raises(ConfigError, match="digits"):
        database.ask(lambda connection: None or connection.execute(sa.select(1)), row_scope=RowScope("analyst", prefix))


@pytest.mark.parametrize(
    "role", ["mayor", "", "%", "市长", "city_leader'); set role none; --", "city_leader\\", "$$", "city_leader\n"]
)
def test_a_role_of_any_name_is_no_more_than_a_name(home, role):
    """The scope is entered by one text, in which the role's name must not be able to say anything else."""
    database = Database(home.database_url, READ_ROLE, Reachability())
    table = schema.PLACED_TABLES["incident"]
    asked = sa.select(sa.literal_column("current_user"), sa.func.current_setting(ROLE_SETTING), sa.func.count())
    options = {"schema_translate_map": {None: schema_of(SnapshotReader(home).snapshot().snapshot_id)}}

    def seen_by(name: str) -> tuple[str, str, int]:
        scope = RowScope(name, "9701")
        return tuple(database.ask(lambda c: c.execute(asked.select_from(table)).one(), row_scope=scope, **options))

    assert seen_by("city_leader") == (READ_ROLE, "city_leader", 6)
    assert seen_by(role) == (READ_ROLE, role, 0)


def test_the_app_owns_nothing_and_can_change_nothing(app_login, snapshot_schema):
    owned = app_login.execute(
        "select count(*) from pg_class where pg_get_userbyid(relowner) in ('app_login', %s)", (READ_ROLE,)
    ).fetchone()[0]
    assert owned == 0
    for statement in (
        f'delete from "{snapshot_schema}".measure_month',
        f'alter table "{snapshot_schema}".measure_month disable row level security',
        f'drop policy within_scope on "{snapshot_schema}".measure_month',
        "insert into cockpit.viewer_role values ('mayor')",
        "update cockpit.served set snapshot_id = 'x'",
        f'create table "{snapshot_schema}".mine (x int)',
        f"set role {WRITE_ROLE}",
        "create temporary table mine (x int)",
        "create function pg_temp.told(text) returns boolean language plpgsql as $$ begin raise notice '%', $1; end $$",
        "create function public.told(text) returns boolean language sql as 'select true'",
        "copy (select 1) to '/tmp/out'",
        "select pg_read_file('/etc/passwd')",
        "select lo_import('/etc/passwd')",
        "select nextval('ledger.ledger_event_event_id_seq')",
        "select stavalues1 from pg_statistic",
        "do $$ begin lock table cockpit.served in access exclusive mode; end $$",
        "alter table ledger.audit_line disable trigger all",
        "set session_replication_role = replica",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app_login.execute(statement)


def test_condition_that_would_tell_of_hidden_rows_by_an_error_is_never_asked_of_them(app_login, snapshot_schema):
    table = f'"{snapshot_schema}".measure_month'
    for told in (
        f"select count(*) from {table} where 1 / (case when starts_with(region_code, '{EAST[:6]}') then 1 else 0 end) = 1",
        f"select count(*) from {table} where (case when starts_with(region_code, '{EAST[:6]}') then '1' else measure end)::int = 1",
    ):
        with app_login.transaction():
            for name, value in ((ROLE_SETTING, "county_leader"), (PREFIX_SETTING, EAST[:6])):
                app_login.execute("select set_config(%s, %s, true)", (name, value))
            assert app_login.execute(told).fetchone()[0] > 0


def test_statistics_show_no_value_of_a_protected_table(app_login, home, snapshot_schema):
    shown = app_login.execute("select distinct tablename from pg_stats where schemaname = %s", (snapshot_schema,))
    assert not {name for (name,) in shown} & set(protected(home, snapshot_schema))


def test_other_logins_of_the_server_do_not_get_in(home, shared_database):
    with psycopg.connect(plain(shared_database), autocommit=True) as owner:
        owner.execute("drop role if exists stranger")
        owner.execute("create role stranger login password 'p'")
        address = sa.make_url(shared_database).set(username="stranger", password="p")
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            psycopg.connect(plain(address.render_as_string(hide_password=False)))
        owner.execute("drop role stranger")


def test_a_years_partition_can_not_be_read_past_its_table(app_login, snapshot_schema):
    parts = app_login.execute(
        "select relname from pg_class where relispartition and relkind = 'r' and relname like 'incident%%'"
    ).fetchall()
    assert {name for (name,) in parts} == {f"incident_placed_{year}" for year in (2022, 2023, 2024)}
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        app_login.execute(f'select * from "{snapshot_schema}".incident_placed_2024')


def test_even_the_owners_login_reads_as_the_apps_role(home):
    database = Database(home.database_url, READ_ROLE, Reachability())
    who, writable = database.ask(
        lambda c: c.exec_driver_sql("select current_user, current_setting('transaction_read_only')").one()
    )
    assert (who, writable) == (READ_ROLE, "on")


def test_every_table_with_a_regions_numbers_is_protected(home, snapshot_schema):
    with psycopg.connect(plain(home.database_url)) as owner:
        unprotected = owner.execute(
            "select relname from pg_class where relnamespace = %s::regnamespace and relkind in ('r', 'p')"
            " and not relispartition and not relrowsecurity",
            (f'"{snapshot_schema}"',),
        ).fetchall()
    with_region = {name for (name,) in unprotected if "region_code" in schema.metadata.tables[name].columns}
    assert with_region <= layout.OPEN_TO_ALL
    assert {"region", "population"} <= {name for (name,) in unprotected}


def test_code_of_the_whole_city_is_not_within_a_county(home):
    reader = SnapshotReader(home)
    assert reader.snapshot().root_code == CITY
    assert not CITY.startswith(EAST[:6])


@pytest.mark.parametrize(
    ("counties", "refused"),
    [
        (("9701", "9702"), None),
        (("970", "9701"), "970"),
        (("9701", "9702", "9801"), "9801"),
        (("9701", "970100"), "970100"),
        (("97０1",), "97０1"),
    ],
)
def test_codes_by_which_one_county_would_see_another_are_not_published(counties, refused):
    with duckdb.connect() as built:
        built.execute("create table region_level as select * from (values (0, 2), (1, 4)) as level (depth, digits)")
        built.execute("create table region (region_code text, valid_to date, successor_code text)")
        built.execute("create table region_path (region_code text, code_0 text, code_1 text, code_2 text, code_3 text)")
        for code, county in (("97", None), *((county, county) for county in counties)):
            built.execute("insert into region values (?, null, '')", (code,))
            built.execute("insert into region_path values (?, '97', ?, null, null)", (code, county))
        if refused is None:
            check_codes_nest(built)
            return
        with pytest.raises(PublishRefused, match=f"code {refused} ") as told:
            check_codes_nest(built)
        assert f"区划代码 {refused} " in told.value.message("zh")
