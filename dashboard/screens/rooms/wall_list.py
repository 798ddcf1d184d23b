"""The list of wall screens: what each shows, for how long, at which address, and how a kiosk opens it."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from dashboard.context import Context
from dashboard.i18n import t
from dashboard.screens.tables import ScreenTable
from dashboard.wall.settings import wall_settings
from data_access.queries import SnapshotReader

KIOSK = "chromium --kiosk --noerrdialogs --disable-session-crashed-bubble --window-size={width},{height} '{address}'"


@dataclass(frozen=True)
class WallList:
    """What the page of wall screens draws."""

    screens: pd.DataFrame
    """``name, size, playlist, address, href, start``."""
    tables: tuple[ScreenTable, ...]


def wall_list(_reader: SnapshotReader, context: Context) -> WallList:
    """Return the screens of config/wall.toml; addresses are relative to this server."""
    language = context.language
    settings = wall_settings()
    rows = []
    for key, screen in settings.screens.items():
        steps = [settings.steps[name] for name in screen.steps]
        address = f"/wall?screen={key}"
        rows.append(
            {
                "name": screen.label(language),
                "size": f"{screen.width}×{screen.height}",
                "playlist": t("overview.joint", language).join(
                    f"{step.label(language)} {step.seconds}" for step in steps
                ),
                "address": address,
                "href": address,
                "start": KIOSK.format(
                    width=screen.width, height=screen.height, address=f"http://127.0.0.1:8501{address}"
                ),
            }
        )
    frame = pd.DataFrame(rows)
    columns = {name: t(f"wall_list.{name}", language) for name in ("name", "size", "playlist", "address", "start")}
    return WallList(frame, (ScreenTable("screens", t("wall_list.screens", language), frame, columns),))
