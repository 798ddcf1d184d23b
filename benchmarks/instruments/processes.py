"""CPU time and memory of a process and of all that it started, as Linux counts them."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path

MEGABYTE = 1024 * 1024
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_PARENT, _FIRST_TIME, _LAST_TIME = 1, 11, 15
"""Fields of /proc/PID/stat after the name: the parent, and the four times (own and of children that ended)."""


def cpu_seconds(pid: int) -> float:
    """Return what a process, its children that ended and those that live have used since they began."""
    stats = _all_stats()
    return sum(sum(map(int, stats[each][_FIRST_TIME:_LAST_TIME])) for each in _with_descendants(pid, stats)) / _TICKS


def resident_mb(pid: int) -> float:
    """Return the memory that a process alone has resident."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE / MEGABYTE


def peak_mb() -> float:
    """Return the most memory that this process alone has had resident since it was started.

    What ``getrusage`` says begins with the peak of the process that started it.
    """
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024


def _all_stats() -> dict[int, list[str]]:
    stats = {}
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            # The name stands in brackets and may hold anything.
            stats[int(file.parent.name)] = file.read_text().rpartition(")")[2].split()
        except OSError:  # it ended meanwhile
            continue
    return stats


def _with_descendants(pid: int, stats: dict[int, list[str]]) -> list[int]:
    children = defaultdict(list)
    for child, fields in stats.items():
        children[int(fields[_PARENT])].append(child)
    found = [pid]
    for each in found:
        found += children[each]
    return found
