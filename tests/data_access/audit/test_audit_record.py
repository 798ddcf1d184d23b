"""The audit record: a changed, removed or cut-off line shows; several processes share one chain; six months are kept."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from data_access.__main__ import main
from data_access.access import Scope
from data_access.audit import AuditBook, acting_as
from data_access.audit.book import BEGINNING, line_hash
from data_access.audit.head import Head, HeadFile
from data_access.errors import ConfigError, ScopeError
from data_access.home import Home
from data_access.schema.audit_line import audit_line
from data_access.store.ledger_engine import ledger_engine
from tests.stores import RECORD_STORES, fresh_database

GUARDED = ("audit_line", "audit_checkpoint")
LEADER, AUDITOR = Scope("county_leader", "990101000000"), Scope("auditor", "990100000000")


@pytest.fixture(params=RECORD_STORES)
def home(request, tmp_path) -> Iterator[Home]:
    if request.param == "embedded":
        yield Home(tmp_path / "data", None).create()
        return
    with fresh_database(request.getfixturevalue("postgresql_address")) as url:
        yield Home(tmp_path / "data", url).create()


@pytest.fixture
def book(home) -> AuditBook:
    made = AuditBook(home)
    for number in range(5):
        made.record("export", LEADER, "2024Q4-0001", table=f"表{number}", rows=number)
    return made


@contextmanager
def unguarded(home: Home) -> Iterator[sa.Connection]:
    """A connection of whoever can lift what keeps the record append-only: the file's or the database's owner."""
    engine = sa.create_engine(home.database_url, poolclass=sa.NullPool) if home.database_url else ledger_engine(home)
    with engine.connect() as connection, connection.begin():
        if home.database_url:
            connection.exec_driver_sql("set search_path to ledger")
            for table in GUARDED:
                connection.exec_driver_sql(f"alter table {table} disable trigger all")
        else:
            for action in ("update", "delete"):
                connection.exec_driver_sql(f"drop trigger if exists audit_line_no_{action}")
        yield connection
        if home.database_url:
            for table in GUARDED:
                connection.exec_driver_sql(f"alter table {table} enable trigger all")


def tamper(home: Home, statement: str) -> None:
    with unguarded(home) as connection:
        connection.exec_driver_sql(statement)


def verified(home: Home, language: str = "zh"):
    environment = {"DATABASE_URL": home.database_url or ""}
    command = ["--home", str(home.path), "--language", language, "audit", "verify"]
    return CliRunner().invoke(main, command, env=environment)


def test_whole_record_is_confirmed(book, home):
    assert book.verify() == (5, [])
    assert "共 5 行" in verified(home).output


def test_lines_say_who_what_when_and_on_which_data(book):
    acting_as("subject-7")
    book.record("sign_in", LEADER)
    acting_as("")
    line = book.lines(AUDITOR).iloc[0]
    assert (line["kind"], line["subject"], line["role"]) == ("sign_in", "subject-7", "county_leader")
    assert book.lines(AUDITOR, "export")["snapshot_id"].eq("2024Q4-0001").all()
    assert '"table":"表4"' in book.lines(AUDITOR, "export").iloc[0]["details"]


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("update audit_line set details = '{}' where sequence = 3", "第 3 行被改动"),
        ("update audit_line set subject = 'somebody' where sequence = 5", "第 5 行被改动"),
        ("update audit_line set recorded_at = '2020-01-01 00:00:00.000000' where sequence = 1", "第 1 行被改动"),
        ("delete from audit_line where sequence = 2", "第 2 行起有缺失"),
        ("delete from audit_line where sequence = 1", "第 1 行起有缺失"),
        ("delete from audit_line where sequence >= 4", "第 5 行"),
        ("delete from audit_line", "第 5 行"),
        (
            "insert into audit_line select 6, recorded_at, kind, subject, role, region_code, snapshot_id, details,"
            " previous_hash, hash from audit_line where sequence = 5",
            "第 6 行与上一行不衔接",
        ),
        (
            "insert into audit_line select 0, recorded_at, kind, subject, role, region_code, snapshot_id, details,"
            " previous_hash, hash from audit_line where sequence = 1",
            "第 1 行起有缺失",
        ),
        (
            "insert into audit_checkpoint select sequence, hash, recorded_at from audit_line where sequence = 3",
            "没有清理记录",
        ),
    ],
)
def test_tampering_is_found(book, home, statement, said):
    tamper(home, statement)
    done = verified(home)
    assert done.exit_code == 1
    assert said in done.output


@pytest.mark.parametrize(
    "change", ["recorded_at = 'yesterday'", "recorded_at = 5", "details = x'ff00'", "details = ''", "hash = x'00'"]
)
def test_line_of_a_file_that_holds_what_is_no_line_is_found_and_still_listed(tmp_path, change):
    home = Home(tmp_path / "data", None).create()
    made = AuditBook(home)
    for number in range(5):
        made.record("export", LEADER, number=number)
    tamper(home, f"update audit_line set {change} where sequence = 3")
    done = verified(home)
    assert done.exit_code == 1
    assert "第 3 行被改动" in done.output
    assert made.lines(AUDITOR)["sequence"].tolist() == [5, 4, 3, 2, 1]


def test_lines_that_changed_places_are_found(book, home):
    for old, new in ((2, 100), (3, 2), (100, 3)):
        tamper(home, f"update audit_line set sequence = {new} where sequence = {old}")
    said = verified(home).output
    assert "第 2 行被改动" in said and "第 3 行被改动" in said


def test_last_line_that_was_rewritten_with_its_hash_is_found(book, home):
    rewrite(home, lambda line: {**line, "subject": "somebody"} if line["sequence"] == 5 else line)
    assert [finding.problem for finding in book.verify()[1]] == ["changed"]


def test_beginning_taken_away_as_if_pruned_is_found(book, home):
    tamper(home, "insert into audit_checkpoint select sequence, hash, recorded_at from audit_line where sequence = 3")
    tamper(home, "delete from audit_line where sequence <= 3")
    assert [finding.problem for finding in book.verify()[1]] == ["unrecorded_prune"]
    assert verified(home, "en").exit_code == 1


def test_clock_that_was_set_back_is_told_but_breaks_nothing(book, home):
    def back(line: dict) -> dict:
        return {**line, "recorded_at": line["recorded_at"] - timedelta(hours=2 * (line["sequence"] == 4))}

    HeadFile(home).write(rewrite(home, back))
    assert [(finding.sequence, finding.problem) for finding in book.verify()[1]] == [(4, "clock_back")]
    done = verified(home)
    assert done.exit_code == 0
    assert "第 4 行" in done.output and "共 5 行" in done.output


def test_line_made_up_in_the_middle_is_found(book, home):
    tamper(home, "update audit_line set sequence = sequence + 1 where sequence = 5")
    tamper_again = audit_line.insert().values(
        sequence=5,
        recorded_at=sa.func.current_timestamp(),
        kind="export",
        subject="",
        role="auditor",
        region_code="",
        snapshot_id="",
        details="{}",
        previous_hash="0" * 64,
        hash="0" * 64,
    )
    with unguarded(home) as connection:
        connection.execute(tamper_again)
    assert verified(home, "en").exit_code == 1


def head_file(home: Home) -> Path:
    return home.path / "audit.head"


@pytest.mark.parametrize(
    "content", [None, "", "{", "[]", '{"sequence": "x", "hash": ""}', '{"sequence": 1e400, "hash": ""}']
)
def test_head_that_is_missing_or_damaged_is_found_and_no_later_line_hides_it(book, home, content):
    if content is None:
        head_file(home).unlink()
    else:
        head_file(home).write_text(content)
    for language, said in (("zh", "丢失或损坏"), ("en", "missing or damaged")):
        done = verified(home, language)
        assert done.exit_code == 1
        assert said in done.output
    book.record("export", LEADER)
    assert [finding.problem for finding in book.verify()[1]] == ["no_head"]


def test_older_head_is_found_before_the_record_is_cut_to_it(book, home):
    older = head_file(home).read_text()
    book.record("export", LEADER)
    head_file(home).write_text(older)
    done = verified(home)
    assert done.exit_code == 1
    assert "早于本机写入的第 6 行" in done.output


def test_later_lines_do_not_hide_an_end_that_was_cut_off(book, home):
    tamper(home, "delete from audit_line where sequence >= 4")
    for number in range(4):
        book.record("export", LEADER, number=number)
    assert "changed" in [finding.problem for finding in book.verify()[1]]
    assert verified(home).exit_code == 1


def test_head_is_renewed_on_record_once_it_was_looked_into(book, home):
    head_file(home).unlink()
    command = ["--home", str(home.path), "audit", "verify", "--renew-head"]
    done = CliRunner().invoke(main, command, env={"DATABASE_URL": home.database_url or ""})
    assert done.exit_code == 0, done.output
    assert book.verify() == (6, [])
    assert book.lines(AUDITOR, "renew_head").iloc[0]["details"].endswith('"now":5,"was":null}')


def test_folder_that_never_wrote_needs_no_head_in_a_record_that_others_write(book, home, tmp_path):
    if not home.database_url:
        pytest.skip("a file in the folder has no other writer")
    other = AuditBook(Home(tmp_path / "other", home.database_url).create())
    assert other.verify() == (5, [])
    other.record("export", LEADER)
    assert other.verify() == book.verify() == (6, [])
    head_file(Home(tmp_path / "other")).unlink()
    assert [finding.problem for finding in other.verify()[1]] == ["no_head"]
    assert book.verify()[1] == []


def test_line_is_kept_while_the_disk_is_too_full_for_the_head_which_catches_up(book, home, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(HeadFile, "write", full)
        assert book.record("export", LEADER) == 6
    assert [finding.problem for finding in book.verify()[1]] == ["old_head"]
    book.record("export", LEADER)
    assert book.verify() == (7, [])


def test_head_does_not_fall_back_to_the_line_of_a_slower_thread(book, home, monkeypatch):
    write, slow_one_writes = HeadFile.write, threading.Event()

    def written(self: HeadFile, head: Head) -> None:
        if head.sequence == 6:
            slow_one_writes.set()
            time.sleep(0.5)
        write(self, head)

    monkeypatch.setattr(HeadFile, "write", written)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(book.record, "export", None)
        assert slow_one_writes.wait(30)
        AuditBook(home).record("export", None)
        slow.result(30)
    assert book.verify() == (7, [])


def test_store_itself_refuses_to_change_a_line(book, home):
    refused = ["update audit_line set role = 'x'", "delete from audit_line"]
    refused += ["truncate audit_line", "drop table audit_line"] if home.database_url else []
    for statement in refused:
        with pytest.raises(sa.exc.DatabaseError), ledger_engine(home).connect() as connection, connection.begin():
            connection.exec_driver_sql(statement)
    assert book.verify() == (5, [])


def test_no_list_is_longer_than_it_may_be(book):
    assert book.lines(AUDITOR, limit=-1).empty
    assert len(book.lines(AUDITOR, limit=10**30)) == 5


def test_only_an_auditor_reads_it(book):
    with pytest.raises(ScopeError):
        book.lines(LEADER)


def test_lines_of_six_months_stay_and_older_ones_leave_a_chain_that_holds(book, home):
    with pytest.raises(ConfigError):
        book.prune(date.today() - timedelta(days=100))
    old = date.today() - timedelta(days=300)
    assert book.prune(old) == 0
    _age(home, first=3)
    assert book.verify()[1] == []
    acting_as("os:administrator")
    assert book.prune(date.today() - timedelta(days=200)) == 3
    acting_as("")
    assert book.verify() == (3, [])
    line = book.lines(AUDITOR, "prune").iloc[0]
    assert (line["subject"], line["role"]) == ("os:administrator", "operator")
    assert line["details"].endswith('"last":3,"lines":3}')
    book.record("export", LEADER)
    assert book.verify() == (4, [])


def test_younger_lines_before_one_of_a_wrong_clock_stay(book, home):
    _age(home, first=2, also=5)
    assert book.prune(date.today() - timedelta(days=200)) == 2
    assert book.lines(AUDITOR, "export")["sequence"].tolist() == [5, 4, 3]


def test_clock_that_runs_ahead_lets_no_young_line_go(book, home, monkeypatch):
    class Ahead(datetime):
        @classmethod
        def now(cls, zone=None):
            return datetime.now(zone) + timedelta(days=400)

    monkeypatch.setattr("data_access.audit.book.datetime", Ahead)
    with pytest.raises(ConfigError):
        book.prune(date.today() + timedelta(days=200))
    assert book.verify()[0] == 5


@pytest.mark.parametrize(
    ("sequence", "previous"), [(7, "the last's"), (6, "0" * 64), (5, "the last's"), (10_000, "the last's")]
)
def test_shared_database_takes_no_line_that_does_not_follow_the_last(book, home, sequence, previous):
    if not home.database_url:
        pytest.skip("whoever can write the file can write anything into it: verify tells")
    with ledger_engine(home).connect() as connection:
        last = connection.execute(sa.select(audit_line).where(audit_line.c.sequence == 5)).mappings().one()
    line = {**last, "sequence": sequence, "previous_hash": last["hash"] if "last" in previous else previous}
    with pytest.raises(sa.exc.IntegrityError), ledger_engine(home).connect() as connection, connection.begin():
        connection.execute(audit_line.insert().values(**line))
    book.record("export", LEADER)
    assert book.verify() == (6, [])


def rewrite(home: Home, changed: Callable[[dict], dict]) -> Head:
    """Rewrite every line with hashes that are right for it; return the end of the chain."""
    previous = BEGINNING
    with unguarded(home) as connection:
        for row in connection.execute(sa.select(audit_line).order_by(audit_line.c.sequence)).mappings().all():
            line = changed({**row, "previous_hash": previous})
            line["hash"] = previous = line_hash(line)
            connection.execute(audit_line.update().where(audit_line.c.sequence == row["sequence"]).values(**line))
    return Head(5, previous)


def _age(home: Home, first: int, also: int = 0) -> None:
    """Make the first lines, and one more, a year old, with hashes that are right for it."""

    def aged(line: dict) -> dict:
        days = 365 if line["sequence"] <= first or line["sequence"] == also else 0
        return {**line, "recorded_at": line["recorded_at"] - timedelta(days=days)}

    HeadFile(home).write(rewrite(home, aged))


def test_processes_share_one_chain(book, home):
    program = (
        "import sys; from pathlib import Path; from data_access.home import Home; from data_access.audit import AuditBook\n"
        "book = AuditBook(Home(Path(sys.argv[1])))\n"
        "[book.record('export', None, number=number) for number in range(20)]"
    )
    environment = {**os.environ, "DATABASE_URL": home.database_url or ""}
    command = [sys.executable, "-c", program, str(home.path)]
    running = [subprocess.Popen(command, env=environment) for _ in range(2)]
    assert [each.wait(60) for each in running] == [0, 0]
    assert book.verify() == (45, [])


def test_record_lists_and_refusals_of_a_reader_are_recorded(demonstration_home, reader, city_scope):
    regions = reader.regions(city_scope)
    own, other = regions.index[regions["depth"] == 1][:2]
    scope = Scope("county_leader", own)
    end = reader.snapshot().data_through
    reader.records(scope, "dispute", own, None, end, limit=1)
    with pytest.raises(ScopeError):
        reader.records(scope, "dispute", other, None, end, limit=1)
    lines = AuditBook(demonstration_home).lines(AUDITOR)
    assert {"records", "refused"} <= set(lines.loc[lines["region_code"] == own, "kind"])
    assert AuditBook(demonstration_home).verify()[1] == []
