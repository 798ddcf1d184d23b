"""All that a role can get of a city, from every page, hand-out, wall and command, named by where it stands."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd

from dashboard.briefing import build_briefing
from dashboard.briefing.files import write_briefing
from dashboard.briefing.model import Briefing
from dashboard.context import Context
from dashboard.indicators.breakdown import by_class
from dashboard.indicators.catalogue import load_catalogue
from dashboard.indicators.changes import changes_of
from dashboard.indicators.evaluate import evaluate, series
from dashboard.navigation import PAGES, may_open
from dashboard.periods import Period
from dashboard.screens.command_line import screen_of
from dashboard.screens.data_status import data_screen
from dashboard.screens.definitions import definitions_screen
from dashboard.screens.map.layers import layer_screen
from dashboard.screens.map.screen import map_screen
from dashboard.screens.overview import overview_screen
from dashboard.screens.trends.control import control_screens
from dashboard.screens.trends.screen import trends_screen
from dashboard.wall.content import wall_context, wall_frame
from dashboard.wall.settings import wall_settings
from data_access.access import Scope
from data_access.ledger import Ledger
from data_access.queries import SnapshotReader
from tests.dashboard.indicators.all_commands import OVERLAPPING, STAMPS, members

UNLISTED = {
    "overview": overview_screen,
    "trends": trends_screen,
    "data": data_screen,
    "definitions": definitions_screen,
}
"""Pages whose screens have no tables of their own."""


def shown_numbers(reader: SnapshotReader, scope: Scope, codes: list[str]) -> Iterator[tuple[str, object]]:
    """Every indicator, change, series and class of protected measures, at periods that overlap."""
    protected = [item for item in load_catalogue().values() if item.available and item.suppression_limit]
    for key, frame in evaluate(reader, scope, protected, codes, [Period.parse(text) for text in OVERLAPPING]).items():
        yield f"indicators {key}", plain(frame)
    for key, frame in changes_of(reader, scope, protected, codes, Period.parse("2024Q4")).items():
        yield f"change {key}", plain(frame)
    for key in ("homicide_incidents", "criminal_alarms", "JQ2"):
        yield f"series {key}", plain(series(reader, scope, key, codes, list(Period.parse("2024-12").trailing(36))))
        yield f"classes {key}", plain(by_class(reader, scope, key, codes, "2024"))


def shown_pages(reader: SnapshotReader, context: Context) -> Iterator[tuple[str, object]]:
    """Every page that the role may open, whole: all that its screen holds, drawn or offered for download."""
    role, where = context.viewer.permissions, f"{context.region} {context.period}"
    for entry in PAGES:
        if may_open(role, entry):
            screen = screen_of(entry) if entry.screen else UNLISTED[entry.url_path]
            yield from parts(f"page {entry.url_path} {where}", screen(reader, context))
    for indicator, rates in (("JQ2", ("raw", "all", "neighbours")), ("criminal_alarms", ("raw",))):
        for rate in rates:
            own = (("indicator", indicator), ("rate", rate), ("shown", "homicide.criminal_alarm"))
            asked = dataclasses.replace(context, own=own)
            screen = map_screen(reader, asked)
            yield f"map {indicator} {rate} {where}", plain(screen.regions)
            if rate == "raw":
                layers = layer_screen(reader, asked, screen)
                yield f"layers {where}", [(entry.word, entry.count) for entry in layers.legend]
                yield f"deck {where}", json.loads(layers.deck.to_json())["layers"]
                yield from parts(f"lists of layers {where}", layers.tables)
                item = load_catalogue()[screen.indicator.id]
                for control in control_screens(reader, asked, item, date(2022, 1, 1)):
                    yield f"control {indicator} {where}", plain(control.points)
                yield from parts(f"trends {indicator} {where}", trends_screen(reader, asked))
                yield from parts(f"definitions {indicator} {where}", definitions_screen(reader, asked))


def shown_walls(reader: SnapshotReader, scope: Scope) -> Iterator[tuple[str, object]]:
    """Every picture of every wall."""
    settings = wall_settings()
    screen = next(iter(settings.screens.values()))
    context = wall_context(reader, scope, screen, None)
    for name, step in settings.steps.items():
        yield from parts(f"wall {name}", wall_frame(reader, context, step))


def shown_hand_outs(reader: SnapshotReader, scope: Scope, forms: tuple[str, ...]) -> Iterator[tuple[str, object]]:
    """The briefing as it is built, and its files; a file is made of the briefing alone."""
    briefing = build_briefing(reader, scope, scope.region_code, Period.parse("2024Q4"), "zh")
    yield from parts("briefing", briefing)
    unstamped = _unstamped(briefing)
    for form in forms:
        yield f"briefing {form}", members(write_briefing(unstamped, form))


def _unstamped(briefing: Briefing) -> Briefing:
    return dataclasses.replace(briefing, snapshot_id="", stamp="", published_at=datetime(2025, 1, 1), title="briefing")


def parts(name: str, held: object) -> Iterator[tuple[str, object]]:
    """Give the fields of a screen one by one, so that a difference names where it is."""
    if dataclasses.is_dataclass(held):
        for field in dataclasses.fields(held):
            yield f"{name} {field.name}", plain(getattr(held, field.name))
    else:
        yield name, plain(held)


def plain(held: Any) -> Any:
    """Turn whatever a screen holds into something that can be compared; ids of snapshots and times left out."""
    if isinstance(held, pd.DataFrame | pd.Series):
        return plain(json.loads(held.astype(object).to_json(orient="split", date_format="iso", default_handler=str)))
    if isinstance(held, np.ndarray):
        return plain(held.tolist())
    if dataclasses.is_dataclass(held) and not isinstance(held, type):
        return {field.name: plain(getattr(held, field.name)) for field in dataclasses.fields(held)}
    if isinstance(held, SnapshotReader | Ledger):
        return type(held).__name__
    if isinstance(held, Mapping):
        return {str(key): plain(each) for key, each in held.items()}
    if isinstance(held, list | tuple):
        return [plain(each) for each in held]
    if isinstance(held, set | frozenset):
        return sorted(map(str, held))
    if isinstance(held, float) and np.isnan(held):
        return None
    if isinstance(held, str):
        return STAMPS.sub("", held)
    if hasattr(held, "to_json"):
        return STAMPS.sub("", held.to_json())
    return held if isinstance(held, int | float | bool | type(None)) else STAMPS.sub("", str(held))
