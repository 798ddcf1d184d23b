"""Addresses, on our own server, of what a map is drawn from; dashboard/server answers them."""

from __future__ import annotations

import hashlib

from data_access.access import Scope


def geometry_address(snapshot_id: str, parent_code: str, viewer: Scope) -> str:
    """Return the address of the shapes of a region's children, for a map's ``geojson=`` or ``data=``.

    Browsers keep the answer, which is cut to the scope, so that no two scopes share an address.
    """
    return f"/geo/{snapshot_id}/{parent_code}.geojson?of={scope_mark(viewer)}"


def scope_mark(viewer: Scope) -> str:
    """Return a short mark of a scope; it opens nothing."""
    return hashlib.sha256(f"{viewer.role}@{viewer.region_code}".encode()).hexdigest()[:8]


def map_style_address(theme: str) -> str:
    """Return the address of the plain ground that maps are drawn on.

    The style names no glyphs and no tiles: MapLibre then draws labels with the browser's own fonts and asks nobody.
    A style given inline instead of by address was seen to lose clicks.
    """
    return f"/map-style/{theme}.json"
