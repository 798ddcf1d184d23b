"""The bench command runs what is named and says what there is when the name is none; its instruments measure rightly."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace

import pytest
import sqlalchemy as sa

from benchmarks.bench import chosen, names
from benchmarks.instruments.processes import cpu_seconds
from benchmarks.instruments.viewers import Viewer, look
from benchmarks.publish_bench import durations
from benchmarks.shared_bench import without_policies
from benchmarks.viewers_bench import SIGN_IN, signed_in_viewers
from data_access.home import Home
from data_access.publishing import publish
from tests.data_access import small_city
from tests.servers import running_app

PIPES = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}


def test_named_benchmarks_are_run_in_the_order_given_and_all_without_a_name():
    assert chosen(["queries", "import"]) == ["queries", "import"]
    assert chosen(["statistics_bench"]) == ["statistics"]
    assert chosen([]) == names()
    assert {"import", "queries", "pages"} <= set(names())


def test_a_name_that_is_no_benchmark_is_answered_with_those_there_are():
    with pytest.raises(SystemExit, match="querries.*queries"):
        chosen(["querries"])


def test_cpu_of_a_process_holds_what_its_children_used_whether_they_live_or_ended():
    work = "import time\nend = time.process_time() + 0.5\nwhile time.process_time() < end: pass\n"
    before = cpu_seconds(os.getpid())
    subprocess.run([sys.executable, "-c", work], check=True)
    with subprocess.Popen([sys.executable, "-c", work + "print('done', flush=True); input()"], **PIPES) as living:
        living.stdout.readline()
        both = cpu_seconds(os.getpid()) - before
        alone = cpu_seconds(living.pid)
        living.communicate(b"\n")
    assert 0.5 <= alone < 1.0 <= both


def test_each_step_of_a_publish_lasts_until_the_next_begins():
    steps = [(0.0, "check"), (1.0, "records"), (3.0, "roll_ups"), (4.0, "roll_ups"), (6.5, "done")]
    assert durations(steps) == "check 1.0 s, records 2.0 s, roll_ups 3.5 s"


def test_viewer_goes_down_to_a_grid_step_by_step_and_begins_again():
    below = {"city": ["county"], "county": ["town"], "town": ["grid"]}
    walk = Viewer("viewer-1", "city", below).walk()
    regions = [next(walk)[1] for _ in range(5)]
    assert regions == ["city", "county", "town", "grid", "city"]


def test_viewers_are_answered_by_a_real_server_and_one_without_a_role_counts_as_an_error(demonstration_home, tmp_path):
    home = Home(shutil.copytree(demonstration_home.path, tmp_path / "home"), database_url=None)
    viewers = signed_in_viewers(home, 3)
    stranger = replace(viewers[0], subject="nobody")
    with running_app(home, arguments=SIGN_IN, PINGAN_SIGN_IN="proxy") as address:
        answers = look(address, [*viewers, stranger], seconds=12, pause=3)
    assert len(answers.first) == 4
    assert len(answers.drills) >= 6
    assert answers.errors
    assert all(error.startswith("nobody") for error in answers.errors)


def test_policies_that_a_measurement_took_off_are_put_on_again(shared_database, tmp_path):
    home = Home(tmp_path, shared_database)
    small_city.fill(home)
    publish(home)
    owner = sa.create_engine(shared_database, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)

    def guarded() -> int:
        with owner.connect() as connection:
            return connection.exec_driver_sql(
                "select count(*) from pg_tables where rowsecurity and schemaname like 'snapshot%%'"
            ).scalar_one()

    before = guarded()
    with without_policies(owner):
        assert guarded() == 0
    assert guarded() == before > 0
