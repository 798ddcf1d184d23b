"""A real Spark cluster for tests: a master and a worker or two, each a process of its own on loopback, stopped by its own id."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.servers import LOOPBACK, free_port, wait_until

START_SECONDS = 90
WORKER_MEMORY = "1g"
JAVA_OPTIONS = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""For processes that live a minute: less time spent on making code fast that runs once."""


def spark_is_absent() -> str | None:
    """Return what a cluster can't be started without here, or None."""
    if importlib.util.find_spec("pyspark") is None:
        return "pyspark"
    return None if shutil.which("java") else "Java"


class SparkCluster:
    """A master and its workers."""

    def __init__(self, folder: Path, started: ExitStack, java_options: str) -> None:
        self._folder = folder
        self._java_options = java_options
        self._started = started
        self._port, self._page = free_port(), free_port()
        self.master = f"spark://{LOOPBACK}:{self._port}"
        self.processes: list[subprocess.Popen] = []
        self._start("master.Master", "--port", str(self._port), "--webui-port", str(self._page))
        wait_until(lambda: self._state() is not None, START_SECONDS)
        self.workers = [self._worker()]
        self._wait_for_workers()

    @contextmanager
    def another_worker(self) -> Iterator[None]:
        """Let a second worker take part."""
        self.workers.append(self._worker())
        self._wait_for_workers()
        yield
        _end(self.workers.pop())

    def kill_a_worker(self) -> None:
        """End one worker and its executor at once, as a machine that loses power does; start another in its place."""
        lost = self.workers.pop()
        os.killpg(lost.pid, signal.SIGKILL)
        lost.wait(10)
        self.workers.append(self._worker())

    def _wait_for_workers(self) -> None:
        wait_until(lambda: self._living() >= len(self.workers), START_SECONDS)

    def _living(self) -> int:
        state = self._state() or {"workers": []}
        return sum(worker["state"] == "ALIVE" for worker in state["workers"])

    def _state(self) -> dict[str, Any] | None:
        try:
            with urllib.request.urlopen(f"http://{LOOPBACK}:{self._page}/json/", timeout=2) as answer:
                return json.load(answer)
        except OSError:
            return None

    def _worker(self) -> subprocess.Popen:
        options = ["--cores", "1", "--memory", WORKER_MEMORY, "--webui-port", str(free_port())]
        work = self._folder / f"worker-{len(self.processes)}"
        return self._start("worker.Worker", *options, "--work-dir", str(work), self.master)

    def _start(self, name: str, *options: str) -> subprocess.Popen:
        import pyspark

        home = Path(pyspark.__file__).parent
        environment = {
            **os.environ,
            "SPARK_HOME": str(home),
            "SPARK_LOCAL_IP": LOOPBACK,
            "SPARK_DAEMON_MEMORY": "256m",
            "SPARK_MASTER_OPTS": "-Dspark.master.rest.enabled=false",
            "JDK_JAVA_OPTIONS": self._java_options,
        }
        log = self._started.enter_context((self._folder / f"{len(self.processes)}.log").open("wb"))
        process = subprocess.Popen(
            [home / "bin" / "spark-class", f"org.apache.spark.deploy.{name}", "--host", LOOPBACK, *options],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        self.processes.append(process)
        self._started.callback(_end, process)
        return process


@contextmanager
def running_spark(java_options: str = JAVA_OPTIONS) -> Iterator[SparkCluster]:
    """Start a master and a worker of one core; yield them; stop them."""
    with tempfile.TemporaryDirectory(prefix="pingan-spark-", ignore_cleanup_errors=True) as folder:
        with ExitStack() as started:
            yield SparkCluster(Path(folder), started, java_options)


def _end(process: subprocess.Popen) -> None:
    """End a process and what it started, which shares its session."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(15)
