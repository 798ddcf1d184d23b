"""Start the server: as ``streamlit run streamlit_app.py``, but the browser loads its part while the cockpit loads."""

from __future__ import annotations

import argparse
import os
import socket
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashboard.front.pace import set_pace

set_pace()  # before all that is loaded

import uvicorn  # noqa: E402

from dashboard.front.loopback import is_loopback  # noqa: E402
from dashboard.front.waiting import Front  # noqa: E402
from dashboard.i18n import DEFAULT_LANGUAGE, LANGUAGES, t  # noqa: E402

if TYPE_CHECKING:
    from streamlit.starlette import App

SERVING: dict[str, Any] = {
    "ws": "websockets-sansio",
    "ws_ping_interval": 30,
    "ws_ping_timeout": 30,
    "ws_max_size": 200_000_000,
    "ws_per_message_deflate": False,
    "use_colors": False,
    "access_log": False,
}
"""How Streamlit has uvicorn serve, unless its settings say otherwise; a test compares."""
WITHOUT_EFFECT = {"headless", "address", "fileWatcherType", "maxUploadSize", "disconnectedSessionTTL"}
"""Settings of the server that change nothing of how it listens and what it sends before the cockpit is loaded."""


def main(arguments: list[str]) -> None:
    """Serve with the options of ``streamlit run``."""
    where = early_address(arguments)
    if where is None:
        from streamlit.web.cli import main as streamlit

        streamlit(["run", "streamlit_app.py", *arguments], prog_name="streamlit")
    else:
        serve(*where)


def early_address(arguments: list[str]) -> tuple[str, int] | None:
    """Return host and port to listen on at once; None where Streamlit or the sign-in must first say how or whether."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--server.address", dest="host")
    parser.add_argument("--server.port", dest="port", default="")
    options, others = parser.parse_known_args(arguments)
    if others or not is_loopback(options.host) or not options.port.isdecimal() or _has_other_settings():
        return None
    return options.host, int(options.port)


def _has_other_settings() -> bool:
    ours = Path(".streamlit/config.toml")
    if not ours.exists() or (Path.home() / ours).exists() or any(name.startswith("STREAMLIT_") for name in os.environ):
        return True
    settings = tomllib.loads(ours.read_text(encoding="utf-8"))
    return "secrets" in settings or not set(settings.get("server", {})) <= WITHOUT_EFFECT


def serve(host: str, port: int) -> None:
    """Listen on an address of this machine, and answer there until a signal ends it.

    Raises
    ------
    BaseException
        What kept the cockpit from loading; nothing listens any longer.
    """
    try:
        listener = socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except (OSError, OverflowError) as error:
        sys.exit("\n".join(t("start.unavailable", each, host=host, port=port, error=error) for each in LANGUAGES))
    port = listener.getsockname()[1]

    def stop() -> None:
        server.should_exit = True

    front = Front(lambda: load_cockpit(host, port), stop)
    server = uvicorn.Server(uvicorn.Config(front, host=host, port=port, **SERVING))
    print(f"\n  {t('app.title', DEFAULT_LANGUAGE)}  http://{f'[{host}]' if ':' in host else host}:{port}\n", flush=True)
    try:
        server.run(sockets=[listener])
    except KeyboardInterrupt:
        sys.exit(1)
    if front.failure is not None:
        raise front.failure


def load_cockpit(host: str, port: int) -> App:
    """Import Streamlit, with the options it would have been started with, and the cockpit."""
    from streamlit.web import bootstrap

    bootstrap.load_config_options({"server_address": host, "server_port": port})
    from streamlit_app import app

    return app


if __name__ == "__main__":
    main(sys.argv[1:])
