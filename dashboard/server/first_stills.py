"""Command that keeps stills without a server, so that the very first start after the data was made finds them."""

from __future__ import annotations

import asyncio
import importlib
import os

from streamlit.web import bootstrap

from dashboard.server.still import keep_each
from dashboard.settings import load_settings


def main() -> None:
    """Keep the stills of the data folder."""
    bootstrap.load_config_options({"server_address": "127.0.0.1"})
    app = importlib.import_module("streamlit_app").app

    async def kept() -> None:
        async with app.lifespan()(app):
            await keep_each(load_settings().home)

    asyncio.run(kept())
    os._exit(0)  # threads that read ahead may be at work still: at an orderly end DuckDB would complain of them


if __name__ == "__main__":
    main()
