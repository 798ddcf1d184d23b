"""Keep what a screen prepared: one snapshot, viewer, region, period and language always give the same."""

from __future__ import annotations

from collections.abc import Callable
from threading import Condition
from typing import Concatenate, ParamSpec, TypeVar

from cachetools import LRUCache, cached

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
    scopes never share a result, and a new snapshot is prepared afresh; who asks while it is being prepared waits. For screens that show decisions, which change under one snapshot, this is not.
    """

    def key(reader: SnapshotReader, context: Context, *more: Details.args, **named: Details.kwargs) -> tuple:
        snapshot = reader.snapshot()
        return (reader.home, snapshot.snapshot_id, snapshot.published_at, context, more, *named.items())

    return cached(LRUCache(MOST_KEPT), key, condition=Condition())(prepare)
