"""Keep what a screen prepared: one snapshot, viewer, region, period and language always give the same."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from dashboard.context import Context
from data_access.queries import SnapshotReader

Screen = TypeVar("Screen")
Details = ParamSpec("Details")
MOST_KEPT = 128
"""Screens kept per function; the ones asked for longest ago go first."""


def kept(
    prepare: Callable[Concatenate[SnapshotReader, Context, Details], Screen],
) -> Callable[Concatenate[SnapshotReader, Context, Details], Screen]:
    """Keep the results of a screen's function; pages must not change the frames they are given.

    The data set, its snapshot, the whole context, scope included, and what else the function is given are the key: two
    scopes never share a result, and a new snapshot is prepared afresh. For screens that show decisions, which change under one snapshot, this is not.
    """
    results: OrderedDict[tuple, Screen] = OrderedDict()
    lock = threading.Lock()

    @wraps(prepare)
    def prepared(reader: SnapshotReader, context: Context, *more: Details.args, **named: Details.kwargs) -> Screen:
        snapshot = reader.snapshot()
        key = (str(reader.home.path), snapshot.snapshot_id, snapshot.published_at, context, more, *named.items())
        with lock:
            if key in results:
                results.move_to_end(key)
                return results[key]
        screen = prepare(reader, context, *more, **named)
        with lock:
            results[key] = screen
            while len(results) > MOST_KEPT:
                results.popitem(last=False)
        return screen

    return prepared
