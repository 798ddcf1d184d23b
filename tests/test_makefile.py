"""What the commands of the Makefile say when they can't do what they were asked."""

from __future__ import annotations

import os
import socket
import subprocess

import pytest

from tests.conftest import REPOSITORY

pytestmark = pytest.mark.skipif(not (REPOSITORY / ".venv" / ".runtime").exists(), reason="make would install first")


def make(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", *arguments],
        cwd=REPOSITORY,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("target", ["run", "example"])
def test_a_port_that_is_taken_is_said_in_a_sentence(target):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = make(target, f"PORT={port}")
    assert done.returncode != 0
    assert f"端口 {port} 已被占用" in done.stderr and "Traceback" not in done.stderr


def test_an_example_that_is_not_there_is_answered_with_those_that_are(tmp_path):
    done = make("example", "NAME=nowhere", f"PINGAN_HOME={tmp_path}", "PORT=0")
    assert done.returncode != 0 and "没有名为 nowhere 的示例，可用：baltimore" in done.stderr


def test_an_example_without_its_data_asks_for_their_folder(tmp_path):
    done = make("example", "NAME=london", "DATA=", f"PINGAN_HOME={tmp_path}", "PORT=0")
    assert done.returncode != 0 and "DATA=" in done.stderr


def test_a_password_is_no_command(tmp_path):
    trap = tmp_path / "trap"
    url = f'mysql://u:a"`touch {trap}`$(touch {trap})@127.0.0.1/db'
    done = make("run", "PORT=0", f"PINGAN_HOME={tmp_path}", DATABASE_URL=url)
    assert done.returncode != 0
    assert "DATABASE_URL 不是 PostgreSQL 数据库地址" in done.stderr
    assert not trap.exists()
