"""Addresses beside the pages: health, our own files, the map's ground, and the shapes of a region's children."""

from __future__ import annotations

import shapely
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from dashboard.front.files import FOREVER, own_files
from dashboard.maps.addresses import scope_mark
from dashboard.maps.outlines import simplified
from dashboard.memory import kept
from dashboard.palette import load_palette
from dashboard.server import wall
from dashboard.settings import current_viewer, refuse_region, snapshot_reader
from dashboard.sign_in.accounts import NoRoleError, SignInRequired
from data_access.access import Scope
from data_access.errors import DataAccessError, NoSnapshotError, ScopeError
from data_access.queries import SnapshotReader


def health(_request: Request) -> Response:
    """Answer whether a snapshot is served, and whether it is the last good one of a database that is away."""
    try:
        reader = snapshot_reader()
        snapshot = reader.snapshot()
    except NoSnapshotError:
        return JSONResponse({"status": "no_snapshot"}, status_code=503)
    except DataAccessError as error:
        return JSONResponse({"status": error.code}, status_code=503)
    since = reader.unreachable_since()
    return JSONResponse(
        {
            "status": "ok" if since is None else "last_good",
            "snapshot_id": snapshot.snapshot_id,
            "data_through": snapshot.data_through.isoformat(),
            **({} if since is None else {"unreachable_since": since.isoformat()}),
        }
    )


def map_style(request: Request) -> Response:
    """Answer the map's ground in the colours of a theme."""
    theme = request.path_params["theme"]
    if theme not in ("light", "dark"):
        return _not_here()
    paint = {"background-color": load_palette().ground_of(theme).card}
    layers = [{"id": "ground", "type": "background", "paint": paint}]
    return JSONResponse({"version": 8, "sources": {}, "layers": layers}, headers={"Cache-Control": "max-age=86400"})


def geometry(request: Request) -> Response:
    """Answer the shapes of the children of a region as GeoJSON, each with its code as ``id`` and nothing else.

    Only for the snapshot that is served and for regions in the viewer's scope; otherwise 404, whatever the reason.
    """
    try:
        viewer = current_viewer()
        reader = snapshot_reader()
        if request.path_params["snapshot_id"] != reader.snapshot().snapshot_id:
            return _not_here()
        parent_code = request.path_params["parent_code"]
        body = _children_geojson(reader, viewer, parent_code)
    except (ScopeError, NoSnapshotError, SignInRequired, NoRoleError):
        return _not_here()
    if not body:
        refuse_region(viewer, parent_code)
        return _not_here()
    is_own = request.query_params.get("of") == scope_mark(viewer)  # not that of another role looked through
    return Response(
        body, media_type="application/geo+json", headers={"Cache-Control": FOREVER if is_own else "no-store"}
    )


@kept
def _children_geojson(reader: SnapshotReader, viewer: Scope, parent_code: str) -> bytes:
    regions = reader.regions(viewer)
    children = regions.index[(regions["parent_code"] == parent_code) & regions["in_scope"]].tolist()
    if not children:
        return b""
    polygons = reader.shapes(viewer, children)
    shapes = shapely.to_geojson(simplified(polygons.to_numpy()))
    features = ",".join(
        f'{{"type":"Feature","id":"{code}","properties":{{}},"geometry":{shape}}}'
        for code, shape in zip(polygons.index, shapes, strict=True)
    )
    return f'{{"type":"FeatureCollection","features":[{features}]}}'.encode()


def _not_here() -> Response:
    return JSONResponse({"status": "not_found"}, status_code=404)


def routes() -> list[BaseRoute]:
    """Return the routes that the application adds to Streamlit's."""
    return [
        Route("/healthz", health),
        *own_files(),
        Route("/map-style/{theme}.json", map_style),
        Route("/geo/{snapshot_id}/{parent_code}.geojson", geometry),
        *wall.routes(),
    ]
