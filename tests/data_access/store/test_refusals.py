"""What the driver says of logins, hosts and values stays in the log; readers and whoever runs the server are told in words."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from data_access.errors import DataAccessError, StoreUnavailableError
from data_access.home import DATABASE_VARIABLE, Home
from data_access.queries import SnapshotReader
from data_access.store.ledger_engine import ledger_store
from data_access.store.postgresql.catalogue import WRITE_ROLE
from data_access.store.postgresql.columnar import libpq_address
from data_access.store.postgresql.connections import Database, Reachability, database_address
from tests.conftest import absent
from tests.servers import REPOSITORY, free_port, postgresql_programs, postgresql_server
from tests.stores import fresh_database

LOGIN, PASSWORD, SECRET = "refused_login", "pass-word-of-the-test", "4711-secret"
LANGUAGES = ("zh", "en")


@pytest.fixture(scope="module")
def url(server):
    """Address of a migrated, empty database for a login that may do nothing in it but connect."""
    with fresh_database(server.address) as owner:
        engine = sa.create_engine(owner, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
        with engine.connect() as connection:
            database = engine.url.database
            connection.exec_driver_sql(f"create role {LOGIN} login password '{PASSWORD}'")
            connection.exec_driver_sql(f'grant connect on database "{database}" to {LOGIN}')
            yield engine.url.set(username=LOGIN, password=PASSWORD)
            connection.exec_driver_sql(f'revoke connect on database "{database}" from {LOGIN}')
            connection.exec_driver_sql(f"drop role {LOGIN}")


WRONG_ADDRESSES: dict[str, tuple[Callable[[sa.URL], sa.URL], str]] = {
    "a wrong password": (lambda url: url.set(password="wrong"), "store_forbidden"),
    "no password": (lambda url: url.set(password=None), "store_forbidden"),
    "an unknown login": (lambda url: url.set(username="nobody_here"), "store_forbidden"),
    "an unknown database": (lambda url: url.set(database="nothing_here"), "store_not_set_up"),
    "a server without TLS": (lambda url: url.update_query_dict({"sslmode": "require"}), "store_not_secure"),
    "an unknown sslmode": (lambda url: url.update_query_dict({"sslmode": "yes"}), "store_address"),
    "an unknown option": (lambda url: url.update_query_dict({"sslmod": "require"}), "store_address"),
    "an impossible port": (lambda url: url.set(port=99999), "store_address"),
    "a server that isn't there": (lambda url: url.set(port=free_port()), "store_unavailable"),
    "a host without an address": (lambda url: url.set(host="nowhere.invalid"), "store_unavailable"),
    "a login without roles": (lambda url: url, "store_forbidden"),
}


def is_plain(error: DataAccessError, *hidden: str) -> bool:
    said = " ".join(error.message(language) for language in LANGUAGES)
    return not any(word in said for word in (LOGIN, "127.0.0.1", PASSWORD, SECRET, *hidden))


@pytest.mark.parametrize("fault", WRONG_ADDRESSES)
def test_a_wrong_address_is_told_in_words_and_the_details_to_the_operator_and_the_log(url, tmp_path, caplog, fault):
    change, code = WRONG_ADDRESSES[fault]
    asked = change(url)
    with pytest.raises(DataAccessError) as caught:
        SnapshotReader(Home(tmp_path, asked.render_as_string(hide_password=False))).snapshot()
    error = caught.value
    assert error.code == code
    assert is_plain(error, str(asked.host), str(asked.port), str(asked.database), "FATAL", "psycopg")
    for language in LANGUAGES:
        told = error.message_for_operator(language)
        assert f"{asked.username}@{asked.host}:{asked.port}/{asked.database}" in told
        assert PASSWORD not in told
        assert "wrong" not in told
    assert any(record.name == "pingan.database" for record in caplog.records)
    assert PASSWORD not in caplog.text


LANGUAGES_OF_SERVERS = {"zh_CN": "致命错误", "de_DE": "»"}
"""Languages, and what a refusal holds in each."""


@pytest.fixture(scope="module", params=LANGUAGES_OF_SERVERS)
def foreign_server(request, tmp_path_factory):
    """A server that speaks another language, and gives the login ``crowded`` one connection."""
    programs, locales = postgresql_programs(), tmp_path_factory.mktemp("locales")
    if programs is None:
        absent("PostgreSQL")
    name = f"{request.param}.UTF-8"
    made = ["localedef", "--force", "-i", request.param, "-f", "UTF-8", str(locales / name)]
    if shutil.which("localedef") is None or subprocess.run(made, capture_output=True).returncode > 1:
        pytest.skip(f"the language {request.param} can't be made here: localedef or its sources are not installed")
    locales.chmod(0o755)
    for above in locales.parents[:3]:
        above.chmod(above.stat().st_mode | 0o011)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("LOCPATH", str(locales))
        with postgresql_server(programs) as running:
            engine = sa.create_engine(running.address, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
            with engine.connect() as connection:
                connection.exec_driver_sql(f"alter system set lc_messages = '{name}'")
                connection.exec_driver_sql("create role crowded login password 'p' connection limit 0")
            running.restart()
            yield running, LANGUAGES_OF_SERVERS[request.param]


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("a wrong password", "store_forbidden"),
        ("an unknown login", "store_forbidden"),
        ("an unknown database", "store_not_set_up"),
        ("no connection left", "store_busy"),
    ],
)
def test_a_refusal_in_another_language_is_known_by_its_code(foreign_server, caplog, fault, code):
    running, spoken = foreign_server
    address = sa.make_url(running.address)
    asked = address.set(username="crowded", password="p")
    if fault in WRONG_ADDRESSES:
        asked = WRONG_ADDRESSES[fault][0](address)
    database = Database(asked.render_as_string(hide_password=False), None, Reachability())
    with pytest.raises(DataAccessError) as caught:
        database.ask(lambda connection: connection.execute(sa.select(1)))
    if spoken not in caplog.text:
        pytest.skip("the server has no texts in this language")
    assert caught.value.code == code


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:se@cret@host/db",
        "postgresql://u:se@cr@et@host:5432/db?sslmode=require",
        "postgresql://u:se@cr/et@host:5432/db",
    ],
)
def test_a_password_whose_at_sign_is_not_encoded_is_shown_to_nobody(url, tmp_path):
    with pytest.raises(DataAccessError, match="%40") as caught:
        SnapshotReader(Home(tmp_path, url)).snapshot()
    assert "cr" not in caught.value.message_for_operator("zh")


@pytest.mark.parametrize(
    ("written", "host", "password"),
    [
        ("postgresql://u:p@%2Fvar%2Frun%2Fpostgresql:5433/db", "/var/run/postgresql", "p"),
        ("postgresql://u:p@/db?host=/var/run/postgresql", "/var/run/postgresql", "p"),
        ("postgres://u:p%40%3A%2F%25%20x@host/db", "host", "p@:/% x"),
        (" postgresql://u:p@host/db\n", "host", "p"),
    ],
)
def test_an_address_is_read_as_psql_reads_it(written, host, password):
    address = libpq_address(database_address(written))
    assert f"host='{host}'" in address
    assert f"password='{password}'" in address
    assert "dbname='db'" in address


def test_a_value_that_a_statement_holds_is_told_to_nobody_but_the_log(server, caplog):
    with fresh_database(server.address) as owner:
        database = Database(owner, None, Reachability())
        with pytest.raises(DataAccessError) as caught:
            database.ask(lambda connection: connection.exec_driver_sql("select %s::text::int", (SECRET,)))
        assert is_plain(caught.value)
        assert SECRET not in caught.value.message_for_operator("en")
        assert "22P02" in caught.value.message_for_operator("en")
        assert SECRET in caplog.text
        database.engine.dispose()


def test_a_role_that_is_lacking_is_named_to_the_operator(url):
    database = Database(url.render_as_string(hide_password=False), WRITE_ROLE, Reachability())
    with pytest.raises(DataAccessError) as caught:
        database.ask(lambda connection: connection.execute(sa.select(1)))
    assert is_plain(caught.value, WRITE_ROLE)
    assert WRITE_ROLE in caught.value.message_for_operator("zh")


def test_a_lost_connection_is_no_refusal_whatever_the_driver_says_of_tls(url):
    import psycopg

    database = Database(url.render_as_string(hide_password=False), None, Reachability())
    with pytest.raises(StoreUnavailableError):
        with database.plain_errors():
            raise psycopg.OperationalError("consuming input failed: SSL connection has been closed unexpectedly")


def test_a_command_says_one_sentence_and_where_without_password_or_traceback(url, tmp_path):
    address = url.set(password=f"{PASSWORD}-wrong").render_as_string(hide_password=False)
    command = [sys.executable, "-m", "data_access", "--home", str(tmp_path), "--language", "en", "status"]
    done = subprocess.run(
        command,
        cwd=REPOSITORY,
        env={"PATH": "/usr/bin:/bin", DATABASE_VARIABLE: address},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("The shared database refuses this program's login.")
    assert LOGIN in done.stderr
    assert PASSWORD not in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_ledger_file_that_is_none_is_told_in_words(tmp_path):
    (tmp_path / "ledger.sqlite").write_bytes(b"not a database at all" * 100)
    with pytest.raises(DataAccessError) as caught:
        ledger_store(Home(tmp_path, None))
    assert is_plain(caught.value, str(tmp_path), "sqlite")
    assert "SQLITE_NOTADB" in caught.value.message_for_operator("zh")
