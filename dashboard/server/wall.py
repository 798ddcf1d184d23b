"""The wall's addresses: the screen itself, its pictures, and whether there is something new."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from functools import lru_cache
from html import escape
from pathlib import Path
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from dashboard.front.styles import stylesheet_version
from dashboard.i18n import DEFAULT_LANGUAGE, HTML_LANGUAGE, t
from dashboard.settings import NOBODY, current_viewer, record_refused, refuse_region, snapshot_reader
from dashboard.sign_in.accounts import NoRoleError, SignInRequired
from dashboard.sign_in.request import WALL_COOKIE, is_wall_token, wall_cookie
from dashboard.wall.settings import WallScreen, find_screen, wall_settings
from data_access.access import Scope
from data_access.errors import ConfigError, DataAccessError

FILES = Path(__file__).resolve().parent.parent.parent / "assets" / "styles"
NO_STORE = {"Cache-Control": "no-store"}
FOREVER = {"Cache-Control": "max-age=31536000, immutable"}
LAST_POSITION = 10_000
YEAR = 365 * 24 * 3600


def wall(request: Request) -> Response:
    """Answer a screen with its first picture in it; without data, a screen that waits for them."""
    try:
        screen = find_screen(request.query_params.get("screen"))
    except ConfigError as error:
        return HTMLResponse(_plain(error.message(DEFAULT_LANGUAGE), DEFAULT_LANGUAGE), status_code=404)
    if is_wall_token(token := request.query_params.get("token")):
        return _remembering(request)
    try:
        _ = _wall_viewer()
    except (SignInRequired, NoRoleError):
        if not token:
            return RedirectResponse("/")
        record_refused(NOBODY, wall="token")
        return HTMLResponse(_plain(t("wall.refused", screen.language), screen.language), status_code=403)
    except DataAccessError:
        pass  # the screen waits for the data
    return HTMLResponse(_page(request, screen), headers=NO_STORE)


def wall_frame(request: Request) -> Response:
    """Answer one picture of the playlist as JSON, or 503 while the data can't be read."""
    from dashboard.wall.frames import drawn_frame  # heavy: loaded when first needed

    try:
        screen = find_screen(request.query_params.get("screen"))
    except ConfigError as error:
        return JSONResponse({"message": error.message(DEFAULT_LANGUAGE)}, status_code=404)
    region = request.query_params.get("region") or None
    try:
        viewer = _wall_viewer()
        drawn = drawn_frame(
            snapshot_reader(),
            viewer,
            screen,
            _position(request.query_params.get("position")),
            None if refuse_region(viewer, region) else region,
        )
    except (SignInRequired, NoRoleError) as error:
        return JSONResponse({"message": error.message(screen.language)}, status_code=401, headers=NO_STORE)
    except DataAccessError as error:
        return JSONResponse({"message": error.message(screen.language)}, status_code=503, headers=NO_STORE)
    return JSONResponse(asdict(drawn), headers=NO_STORE)


def wall_state(_request: Request) -> Response:
    """Answer which snapshot is served and which version of the screen's program, so that a screen asks for little."""
    try:
        reader = snapshot_reader()
        snapshot = reader.snapshot()
        _ = _wall_viewer()
    except (SignInRequired, NoRoleError) as error:
        return JSONResponse({"message": error.message(DEFAULT_LANGUAGE)}, status_code=401, headers=NO_STORE)
    except DataAccessError as error:
        return JSONResponse({"message": error.message(DEFAULT_LANGUAGE)}, status_code=503, headers=NO_STORE)
    if reader.unreachable_since() is not None:
        # The screen keeps its picture, under the banner that says since when.
        return JSONResponse({"message": t("wall.database_away", DEFAULT_LANGUAGE)}, status_code=503, headers=NO_STORE)
    state = {"snapshot_id": snapshot.snapshot_id, "published_at": snapshot.published_at.isoformat()}
    return JSONResponse({**state, "program": program_version()}, headers=NO_STORE)


def _wall_viewer() -> Scope:
    """Return who looks, unless their role may not open the page that lists the screens."""
    viewer = current_viewer()
    if not viewer.permissions.may_open("screens", "rooms"):
        record_refused(viewer, page="wall")
        raise NoRoleError("This role may not open the wall screens.", "该角色不能打开大屏。")
    return viewer


def asset(request: Request) -> Response:
    """Answer the wall's style or script; the address carries a hash."""
    kinds = {"wall.css": "text/css", "wall.js": "text/javascript"}
    name = request.url.path.rsplit("/", 1)[-1]
    return Response((FILES / name).read_bytes(), media_type=kinds[name], headers=FOREVER)


@lru_cache(maxsize=1)
def program_version() -> str:
    """Return a hash of the wall's style, script and settings; a screen that sees another loads afresh."""
    digest = hashlib.sha256(wall_settings().model_dump_json().encode())
    for name in ("wall.css", "wall.js"):
        digest.update((FILES / name).read_bytes())
    return digest.hexdigest()[:12]


def _remembering(request: Request) -> Response:
    """Answer the address without its token; a cookie of this browser stands for it from now on."""
    screen = request.query_params.get("screen") or wall_settings().default_screen
    answer = RedirectResponse(f"/wall?{urlencode({'screen': screen})}", status_code=303)
    answer.set_cookie(
        WALL_COOKIE,
        wall_cookie(),
        max_age=YEAR,
        path="/wall",
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return answer


def _position(text: str | None) -> int:
    return min(int(text[:20]), LAST_POSITION) if text and text.isascii() and text.isdigit() else 0


def _page(request: Request, screen: WallScreen) -> str:
    language = screen.language
    settings = wall_settings()
    words = {
        "lost": t("wall.lost", language, since="{since}"),
        "waiting": t("wall.waiting", language),
        "paused": t("wall.paused", language, seconds=settings.resume_seconds),
        "more": t("wall.more", language, count="{count}"),
    }
    timing = {
        "check": settings.check_seconds,
        "retry": settings.retry_seconds,
        "resume": settings.resume_seconds,
        "reload": settings.reload_at,
        "program": program_version(),
        "screen": request.query_params.get("screen") or settings.default_screen,
        "language": HTML_LANGUAGE[language],
        "words": words,
    }
    told = json.dumps(timing, ensure_ascii=False).replace("<", "\\u003c")
    version = f"{stylesheet_version()}-{program_version()}"
    return (
        f'<!DOCTYPE html><html lang="{HTML_LANGUAGE[language]}" data-theme="{screen.theme}"><head><meta charset="utf-8">'
        f"<title>{escape(t('wall.page_title', language, screen=screen.label(language)))}</title>"
        f'<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">'
        f'<link rel="stylesheet" href="/assets/cockpit.css?v={version}">'
        f'<link rel="stylesheet" href="/assets/wall.css?v={version}"></head><body class="wall">'
        f'<div id="banner" role="alert" hidden></div><div id="frame"><p class="none">{escape(words["waiting"])}</p></div>'
        f'<div id="paused" role="status" hidden>{escape(words["paused"])}</div>'
        f'<script type="application/json" id="timing">{told}</script>'
        f'<script src="/assets/wall.js?v={version}"></script></body></html>'
    )


def _plain(message: str, language: str) -> str:
    return (
        f'<!DOCTYPE html><html lang="{HTML_LANGUAGE[language]}" data-theme="dark"><head><meta charset="utf-8">'
        f"<title>{escape(t('app.title', language))}</title>"
        f'<link rel="stylesheet" href="/assets/cockpit.css?v={stylesheet_version()}"></head>'
        f'<body class="standalone"><main><h1>{escape(t("app.title", language))}</h1>'
        f"<p>{escape(message)}</p></main></body></html>"
    )


def routes() -> list[BaseRoute]:
    """Return the routes of the wall."""
    return [
        Route("/wall", wall),
        Route("/wall/frame", wall_frame),
        Route("/wall/state", wall_state),
        Route("/assets/wall.css", asset),
        Route("/assets/wall.js", asset),
    ]
