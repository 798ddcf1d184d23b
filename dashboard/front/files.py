"""Files of the program itself: stylesheet, icon, and what Streamlit's front end is made of."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from dashboard.front.styles import stylesheet

IMAGES = Path(__file__).resolve().parent.parent.parent / "assets" / "images"
STREAMLIT_FILES = Path(find_spec("streamlit").submodule_search_locations[0]) / "static"  # type: ignore
FOREVER = "private, max-age=31536000, immutable"


async def styles(_request: Request) -> Response:
    """Answer the stylesheet; its address carries a hash, so the browser may keep it."""
    return Response(stylesheet(), media_type="text/css", headers={"Cache-Control": FOREVER})


async def icon(_request: Request) -> Response:
    """Answer the icon of the browser tab."""
    return FileResponse(IMAGES / "icon.svg", media_type="image/svg+xml", headers={"Cache-Control": "max-age=86400"})


OWN_FILES = {"/assets/cockpit.css": styles, "/assets/icon.svg": icon}


async def streamlit_file(request: Request) -> Response:
    """Answer one of :func:`streamlit_files` as Streamlit does once it is loaded.

    Read at once, not by a thread beside: while the cockpit loads, each change of threads costs more than the reading.
    """
    path = streamlit_files()[request.url.path]
    as_streamlit = FileResponse(path, stat_result=path.stat()).headers
    return Response(path.read_bytes(), headers={**as_streamlit, "Cache-Control": "public, immutable, max-age=31536000"})


@lru_cache(maxsize=1)
def streamlit_files() -> Mapping[str, Path]:
    """Return Streamlit's own files by their addresses, which carry a hash."""
    mimetypes.add_type("application/javascript", ".js")  # as Streamlit calls it
    return {
        f"/static/{folder}/{path.name}": path
        for folder in ("js", "css", "media")
        for path in (STREAMLIT_FILES / "static" / folder).iterdir()
    }


def own_files() -> list[BaseRoute]:
    """Return the routes of our own files."""
    return [Route(address, answer) for address, answer in OWN_FILES.items()]
