"""The playlist of a screen as a row of pictures, each drawn once per snapshot and kept."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from dashboard.context import Context
from dashboard.memory import recalled
from dashboard.wall.content import regions_of_step, steps_with_data, wall_context, wall_frame
from dashboard.wall.drawing import Place, draw_frame
from dashboard.wall.settings import Step, WallScreen, wall_settings
from data_access.access import Scope
from data_access.queries import SnapshotReader


@dataclass(frozen=True)
class DrawnFrame:
    """One picture ready to be sent."""

    html: str
    digest: str
    """Changes only when something in the picture does."""
    seconds: int
    position: int
    count: int
    region: str
    parent: str | None
    """One level up, within the viewer's reach; None at the top."""
    snapshot_id: str


def drawn_frame(
    reader: SnapshotReader, viewer: Scope, screen: WallScreen, position: int, region: str | None = None
) -> DrawnFrame:
    """Return the picture at ``position`` of the playlist, or of ``region`` when somebody has gone there.

    Pictures are kept by snapshot, scope, screen, position and region.
    """
    key = ("picture", viewer, screen.steps, screen.language, screen.theme, screen.shape, position, region)
    return recalled(reader, key, lambda: _drawn(reader, viewer, screen, position, region))


def _drawn(reader: SnapshotReader, viewer: Scope, screen: WallScreen, position: int, region: str | None) -> DrawnFrame:
    context = wall_context(reader, viewer, screen, region)
    playlist = _playlist(reader, wall_context(reader, viewer, screen, None), screen)
    place = position % len(playlist)
    step, own_region = playlist[place]
    starts = [at for at, (each, _) in enumerate(playlist) if at == 0 or playlist[at - 1][0] != each]
    if region is None:
        context = context.at(own_region)
    frame = wall_frame(reader, context, step)
    html = str(draw_frame(frame, screen.language, screen.theme, Place(place, len(playlist), starts), screen.shape))
    above = [code for code, _ in frame.path if bool(reader.regions(viewer).at[code, "in_scope"])]
    return DrawnFrame(
        html=html,
        digest=hashlib.sha256(html.encode()).hexdigest()[:16],
        seconds=step.seconds,
        position=place,
        count=len(playlist),
        region=frame.region,
        parent=above[-2] if len(above) > 1 else None,
        snapshot_id=frame.snapshot_id,
    )


def _playlist(reader: SnapshotReader, context: Context, screen: WallScreen) -> list[tuple[Step, str]]:
    """Return step and region of each picture, in order."""
    steps = steps_with_data(reader, context.viewer, [wall_settings().steps[name] for name in screen.steps])
    return [(step, code) for step in steps for code in regions_of_step(reader, context, step)]
