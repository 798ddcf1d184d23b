"""Addresses, on our own server, of what a map is drawn from; dashboard/server answers them."""

from __future__ import annotations


def geometry_address(snapshot_id: str, parent_code: str) -> str:
    """Return the address of the shapes of a region's children, for a map's ``geojson=`` or ``data=``."""
    return f"/geo/{snapshot_id}/{parent_code}.geojson"


def map_style_address(theme: str) -> str:
    """Return the address of the plain ground that maps are drawn on.

    The style names no glyphs and no tiles: MapLibre then draws labels with the browser's own fonts and asks nobody.
    A style given inline instead of by address was seen to lose clicks.
    """
    return f"/map-style/{theme}.json"
