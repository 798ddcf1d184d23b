"""A Spark session on a standalone cluster: opened with plain errors, watched while it works, always ended."""

from __future__ import annotations

import math
import os
import shutil
import socket
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from data_access.cluster.settings import ClusterSettings, cluster_settings
from data_access.errors import ClusterError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Answer = TypeVar("Answer")
LOOK_SECONDS = 1.0
"""How often it is looked whether any worker is left."""
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas", category=FutureWarning)
# Only Arrow tables are exchanged with Spark, never frames.
_QUIET = Path(__file__).resolve().parent / "log4j2.properties"


class Cluster:
    """A session in use. Everything is asked of it through :meth:`run`, which gives up when no worker is left."""

    def __init__(self, session: SparkSession, settings: ClusterSettings, master: str) -> None:
        self.session = session
        self._settings = settings
        self._master = master
        self._thread = ThreadPoolExecutor(max_workers=1)

    def run(self, work: Callable[[SparkSession], Answer]) -> Answer:
        """Return ``work(session)``.

        Raises
        ------
        ClusterError
            When it fails, or for ``worker_wait_seconds`` no worker does anything for it.
        """
        future = self._thread.submit(work, self.session)
        alone_since = time.monotonic()
        while True:
            try:
                return future.result(LOOK_SECONDS)
            except NotYet:
                now = time.monotonic()
                alone_since = alone_since if self._executors() == 0 else now
                if now - alone_since > self._settings.worker_wait_seconds:
                    self._give_up(future)
            except ClusterError:
                raise
            except Exception as error:
                if not _is_sparks(error):
                    raise
                raise _failed(error) from error

    def expect_rows(self, rows: int) -> None:
        """Cut shuffles into parts that suit so many rows: one for a small city, many where memory would not do for one."""
        parts = max(1, math.ceil(rows / self._settings.rows_per_part))
        large = str(parts > 1).lower()  # for few rows, making code and planning anew cost more than they save
        chosen = {
            "spark.sql.shuffle.partitions": str(parts),
            "spark.sql.adaptive.enabled": large,
            "spark.sql.codegen.wholeStage": large,
            "spark.sql.codegen.factoryMode": "FALLBACK" if parts > 1 else "NO_CODEGEN",
        }
        for key, value in (chosen | self._settings.spark).items():
            if key in chosen:
                self.run(partial(_set, key=key, value=value))

    def close(self) -> None:
        """End the application; its executors stop."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        self.session.stop()

    def _executors(self) -> int:
        # The status tracker of Python doesn't list executors; the driver is one of the JVM's list.
        return len(self.session.sparkContext._jsc.sc().statusTracker().getExecutorInfos()) - 1

    def _give_up(self, future: Future) -> None:
        self.session.sparkContext.cancelAllJobs()
        future.cancel()
        seconds = self._settings.worker_wait_seconds
        memory = self._settings.executor_memory_mb
        raise ClusterError(
            f"Not published: for {seconds:g} s the cluster {self._master} had no worker for this publish. Start workers "
            f"with at least {memory} MB free each (config/cluster.toml: executor_memory_mb), or wait until others end.",
            f"未发布：集群 {self._master} 在 {seconds:g} 秒内没有可用的工作节点。请启动至少有 {memory} MB 空闲内存的工作节点"
            "（config/cluster.toml:executor_memory_mb），或等待其他任务结束。",
            code="cluster_without_workers",
            master=self._master,
        )


def _set(session: SparkSession, key: str, value: str) -> None:
    session.conf.set(key, value)


@contextmanager
def open_cluster(master: str) -> Iterator[Cluster]:
    """Open a session on the standalone cluster ``spark://host:port`` and end it afterwards.

    Raises
    ------
    ClusterError
        When pyspark or Java isn't installed here, the address is none, the master doesn't answer, or it has no worker.
    """
    settings = cluster_settings()
    host, port = _master_address(master)
    _check_java()
    session_class = _session_class()
    _check_reachable(master, host, port, settings.connect_seconds)
    builder = session_class.builder.master(master).appName("pingan publish")
    for key, value in _session_settings(host, settings).items():
        builder = builder.config(key, value)
    try:
        session = builder.getOrCreate()
    except Exception as error:
        if not _is_sparks(error):
            raise
        raise _failed(error) from error
    cluster = Cluster(session, settings, master)
    try:
        cluster.run(lambda opened: opened.range(1).count())
        yield cluster
    finally:
        cluster.close()


def _session_settings(host: str, settings: ClusterSettings) -> dict[str, str]:
    quiet = f"-Dlog4j2.configurationFile={_QUIET.as_uri()}"
    chosen = {
        "spark.driver.memory": f"{settings.driver_memory_mb}m",
        "spark.executor.memory": f"{settings.executor_memory_mb}m",
        "spark.driver.extraJavaOptions": quiet,
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.ansi.enabled": "true",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
    }
    if host in _LOOPBACK:
        chosen |= {"spark.driver.host": host, "spark.driver.bindAddress": host}
    return chosen | settings.spark


def _master_address(master: str) -> tuple[str, int]:
    try:
        parts = urlsplit(master)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
        parts = urlsplit("")
    if parts.scheme != "spark" or host is None or port is None:
        raise ClusterError(
            f"{master!r} is not the address of a Spark master. Write spark://host:7077.",
            f"“{master}”不是 Spark 主节点地址。请写成 spark://主机:7077。",
            code="cluster_address",
            master=master,
        )
    return host, port


def _check_java() -> None:
    home = os.environ.get("JAVA_HOME")
    if shutil.which("java") is None and not (home and (Path(home) / "bin" / "java").exists()):
        raise ClusterError(
            "Java is not installed on this machine; Spark needs it. Install Java 17 or newer (Debian: apt-get install "
            "openjdk-17-jre-headless), or publish with --engine embedded.",
            "本机未安装 Java，Spark 无法运行。请安装 Java 17 或更高版本（Debian:apt-get install openjdk-17-jre-headless），"
            "或使用 --engine embedded 发布。",
            code="java_missing",
        )


def _session_class() -> type[SparkSession]:
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise ClusterError(
            "pyspark is not installed. Install it with pip install 'pyspark>=4.1,<5', or publish with --engine embedded.",
            "未安装 pyspark。请运行 pip install 'pyspark>=4.1,<5' 安装，或使用 --engine embedded 发布。",
            code="pyspark_missing",
        ) from error
    return SparkSession


def _check_reachable(master: str, host: str, port: int, seconds: float) -> None:
    try:
        socket.create_connection((host, port), timeout=seconds).close()
    except OSError as error:
        raise ClusterError(
            f"The Spark master {master} does not answer: {error.strerror or error}. Start it, or correct the address; "
            "what was published last stays served.",
            f"Spark 主节点 {master} 无应答：{error.strerror or error}。请启动该节点或更正地址；上次发布的数据继续使用。",
            code="cluster_unreachable",
            master=master,
        ) from error


def _is_sparks(error: Exception) -> bool:
    return type(error).__module__.partition(".")[0] in ("pyspark", "py4j")


def _failed(error: Exception) -> ClusterError:
    lines = [line.strip(" :") for line in str(error).splitlines() if line.strip()]
    said = next(
        (line for line in lines if not line.startswith("An error occurred while calling")), type(error).__name__
    )
    return ClusterError(
        f"Not published: the cluster failed ({said[:300]}). What was published last stays served; look at the master's "
        "page for the workers' messages and publish again.",
        f"未发布：集群执行失败（{said[:300]}）。上次发布的数据继续使用；请在主节点页面查看工作节点信息后重新发布。",
        code="cluster_failed",
    )
