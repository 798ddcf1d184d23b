"""What the first page needs, loaded and prepared while the server already answers and the browser loads its own part."""

from __future__ import annotations

from contextlib import suppress
from threading import Thread

from dashboard.front.pace import search_for_rubbish
from dashboard.settings import current_viewer, snapshot_reader
from data_access.errors import DataAccessError


def warm_up() -> None:
    """Begin in the background; a page that is asked for meanwhile waits only for what it needs itself."""
    Thread(target=_warm_up, name="warm-up", daemon=True).start()


def _warm_up() -> None:
    try:
        _prepare()
    finally:
        search_for_rubbish()


def _prepare() -> None:
    import dashboard.entry  # noqa: F401 (heavy: loaded here so that the server need not wait for it)
    from dashboard.context import first_day, read_context
    from dashboard.screens.overview import overview_screen

    with suppress(DataAccessError):  # nothing to show yet, or nobody has signed in
        reader = snapshot_reader()
        snapshot, viewer = reader.snapshot(), current_viewer()
        begin = first_day(snapshot.snapshot_id, viewer)
        context, _ = read_context({}, snapshot, reader.regions(viewer), viewer, begin)
        overview_screen(reader, context)
