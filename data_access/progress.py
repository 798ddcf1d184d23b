"""The progress bar of a command, its steps named in the language of the command's messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

STEPS = {
    "demo": ("生成演示城市", "Demonstration city"),
    "import": ("导入", "Import"),
    "publish": ("发布", "Publish"),
    "regions": ("区划", "Regions"),
    "incidents": ("案事件", "Incidents"),
    "disputes": ("矛盾纠纷", "Disputes"),
    "counts": ("工作计数", "Counts of work"),
    "chain": ("责任链条", "Chain of duty"),
    "check": ("检查", "Check"),
    "records": ("整理记录", "Records"),
    "roll_ups": ("汇总", "Roll-ups"),
    "reconcile": ("核对总数", "Reconcile"),
    "write": ("写入", "Write"),
    "arrange": ("排列汇总数据", "Put roll-ups in order"),
    "share": ("写入共享数据库", "Shared database"),
    "done": ("完成", "Done"),
}
"""Key of a step → its name in Chinese and English."""


def step_name(step: str, language: str) -> str:
    """Return the name of a step; what has none, such as a file, is its own."""
    chinese, english = STEPS.get(step, (step, step))
    return english if language == "en" else chinese


@contextmanager
def progress_bar(
    first: str, language: str, *, measured: bool = True, console: Console | None = None
) -> Iterator[Callable[[float | None, str], None]]:
    """Draw a bar for as long as the ``with`` block runs; give what moves it.

    Parameters
    ----------
    first : str
        Key of the first step.
    measured : bool
        Whether the share done is known; else the bar only shows that something is done.

    Yields
    ------
    callable
        Called with the share done (0 … 1, None when it isn't known) and the key of a step.
    """
    columns = (TextColumn("{task.description:<12}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, transient=True, console=console) as bar:
        task = bar.add_task(step_name(first, language), total=1.0 if measured else None)
        yield lambda done, step: bar.update(task, completed=done, description=step_name(step, language))
