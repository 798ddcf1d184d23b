"""The set-up of docs/deployment.md, step by step: three logins, none a superuser, each able to do its own work and no other."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from data_access.access import Scope
from data_access.audit import AuditBook
from data_access.errors import SchemaVersionError, StoreRefusedError
from data_access.home import Home
from data_access.ledger import Ledger
from data_access.publishing import publish
from data_access.queries import SnapshotReader
from data_access.store.postgresql.connections import engine_of
from data_access.store.postgresql.upgrade import upgrade
from tests.conftest import absent
from tests.data_access import small_city
from tests.data_access.small_city import CITY, EAST
from tests.servers import postgresql_programs, postgresql_server

MEMBERSHIPS = {
    "pingan_app": "pingan_read, pingan_ledger",
    "pingan_publisher": "pingan_read, pingan_write, pingan_ledger",
}


@pytest.fixture(scope="module")
def urls():
    """Addresses of an empty server's database for the administrator, the app and the publisher."""
    programs = postgresql_programs()
    if programs is None:
        absent("PostgreSQL")
    with postgresql_server(programs) as server:
        said(server.address, "create role pingan_admin login createrole password 'p'")
        said(server.address, "create database pingan owner pingan_admin encoding 'UTF8' template template0")
        base = sa.make_url(server.address).set(database="pingan", password="p")

        def url_of(login: str) -> str:
            return base.set(username=login).render_as_string(hide_password=False)

        upgrade(url_of("pingan_admin"))
        for login, roles in MEMBERSHIPS.items():
            said(url_of("pingan_admin"), f"create role {login} login password 'p' in role {roles}")
        yield {login: url_of(login) for login in ("pingan_admin", *MEMBERSHIPS)}
        engine_of.cache_clear()


def said(url: str, statement: str) -> None:
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)


@pytest.fixture(scope="module")
def published(urls, tmp_path_factory) -> Home:
    home = Home(tmp_path_factory.mktemp("publisher"), urls["pingan_publisher"])
    small_city.fill(home)
    publish(home)
    AuditBook(home).record("publish", None)
    return home


def test_the_app_reads_and_enters_decisions(urls, published, tmp_path):
    reader = SnapshotReader(Home(tmp_path, urls["pingan_app"]))
    scope = Scope("county_leader", EAST)
    year = (date(2024, 1, 1), date(2024, 12, 31))
    assert reader.measure_values(scope, ["homicide_incidents"], [EAST], *year)["value"].tolist() == [1]
    values = {"task": "逐件明确", "unit": "司法局", "due_on": "2025-03-31"}
    item = Ledger.beside(reader).write(
        scope, kind="decision", region_code=EAST, state="open", values=values, snapshot_id="s"
    )
    assert Ledger.beside(reader).item(Scope("city_leader", CITY), item.item_id) == item
    assert AuditBook(published).verify()[1] == []


def test_the_app_can_not_publish(urls, published, tmp_path):
    home = Home(tmp_path, urls["pingan_app"])
    small_city.fill(home)
    with pytest.raises(StoreRefusedError) as caught:
        publish(home)
    assert caught.value.code == "store_forbidden"
    assert "pingan_write" in caught.value.message_for_operator("zh")


def test_only_the_administrator_prunes(urls, published, tmp_path):
    old = date.today() - timedelta(days=300)
    for login in MEMBERSHIPS:
        with pytest.raises(StoreRefusedError, match="not give this program the right"):
            AuditBook(Home(tmp_path / login, urls[login])).prune(old)
    assert AuditBook(Home(tmp_path / "admin", urls["pingan_admin"])).prune(old) == 0


def test_a_second_migration_changes_nothing(urls):
    found, newest = upgrade(urls["pingan_admin"])
    assert found == newest


def test_a_database_of_a_newer_program_is_left_alone_and_said(urls):
    admin = urls["pingan_admin"]
    found, _ = upgrade(admin)
    said(admin, "update cockpit.alembic_version set version_num = '9999'")
    try:
        with pytest.raises(SchemaVersionError, match="9999"):
            upgrade(admin)
    finally:
        said(admin, f"update cockpit.alembic_version set version_num = '{found}'")
    assert upgrade(admin) == (found, found)


@pytest.mark.parametrize("login", sorted(MEMBERSHIPS))
def test_no_login_of_a_program_owns_anything_of_the_program(urls, published, login):
    engine = sa.create_engine(urls["pingan_admin"], poolclass=sa.NullPool)
    with engine.connect() as connection:
        owned = connection.exec_driver_sql(
            "select count(*) from pg_class where pg_get_userbyid(relowner) = %s", (login,)
        ).scalar()
    assert owned == 0


def test_a_wrong_password_is_said_and_not_taken_for_an_absent_server(urls, tmp_path):
    url = sa.make_url(urls["pingan_app"]).set(password="wrong").render_as_string(hide_password=False)
    with pytest.raises(StoreRefusedError) as caught:
        SnapshotReader(Home(tmp_path, url)).snapshot()
    assert caught.value.code == "store_forbidden"
