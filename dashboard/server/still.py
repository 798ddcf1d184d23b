"""Keeps stills of the overview: opens it as a viewer would, in each language and theme, and writes down what the browser is sent."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from html import escape
from itertools import product
from urllib.parse import parse_qsl, urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Block_pb2 import Block
from streamlit.proto.Element_pb2 import Element
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.GapSize_pb2 import GapSize
from streamlit.runtime import Runtime
from streamlit.runtime.session_manager import SessionClient

from dashboard.front.shell import THEMES
from dashboard.front.still import basis, read_still, write_still
from dashboard.i18n import LANGUAGES, t
from dashboard.memory import server_settings
from dashboard.settings import load_settings
from dashboard.sign_in.settings import sign_in_mode
from data_access.home import Home

MOST_SECONDS = 60
"""What the page may take."""
GAPS = {GapSize.NONE: "0", GapSize.XSMALL: "0.5rem"}
"""Streamlit's gaps, where they aren't the usual one."""
log = logging.getLogger("pingan")


@asynccontextmanager
async def keeping_stills(_app: object) -> AsyncIterator[None]:
    """Keep the stills of this process's data folder up to date while the server lives."""
    keeping = asyncio.create_task(_keep_stills(load_settings().home))
    yield
    keeping.cancel()
    with suppress(asyncio.CancelledError):
        await keeping


async def _keep_stills(home: Home) -> None:
    known = None
    while True:
        await asyncio.sleep(server_settings().still_seconds)
        try:
            stands_on = await asyncio.to_thread(basis, home)
            if stands_on not in (None, known):
                known = stands_on
                await keep_each(home)
        except Exception:  # whatever it is, the next start only takes longer
            log.exception("No still of the overview could be kept.")


async def keep_each(home: Home) -> None:
    """Keep the stills of a data folder as they are by now, where nobody signs in."""
    if sign_in_mode() == "off":
        for language, theme in product(LANGUAGES, THEMES):
            await _keep_still(home, language, theme)


async def _keep_still(home: Home, language: str, theme: str) -> None:
    stands_on = basis(home)
    if stands_on is None or read_still(home, language, theme) is not None:
        return
    messages = await _sent_to_a_viewer({"lang": language, "theme": theme})
    addresses = [
        message.page_info_changed.query_string for message in messages if message.HasField("page_info_changed")
    ]
    html = drawn(messages, language)
    if 'class="page-foot"' in html and "error-panel" not in html and basis(home) == stands_on:
        await asyncio.to_thread(write_still, home, language, theme, stands_on, dict(parse_qsl(addresses[-1])), html)


class _Viewer(SessionClient):
    """Collects what a browser would be sent."""

    def __init__(self) -> None:
        self.messages: list[ForwardMsg] = []
        self.has_all = asyncio.Event()

    def write_forward_msg(self, msg: ForwardMsg) -> None:
        self.messages.append(msg)
        if msg.script_finished == msg.FINISHED_SUCCESSFULLY and msg.HasField("script_finished"):
            self.has_all.set()


async def _sent_to_a_viewer(parameters: dict[str, str]) -> list[ForwardMsg]:
    """Open the overview with the ``parameters`` of its address, and return what is sent until it stands."""
    viewer, asked = _Viewer(), BackMsg()
    asked.rerun_script.query_string = urlencode(parameters)
    session = Runtime.instance().connect_session(viewer, {})
    try:
        Runtime.instance().handle_backmsg(session, asked)
        await asyncio.wait_for(viewer.has_all.wait(), MOST_SECONDS)
    finally:
        Runtime.instance().close_session(session)
    return viewer.messages


def drawn(messages: Sequence[ForwardMsg], language: str) -> str:
    """Return a page that was sent as the HTML that Streamlit's front end makes of it; what it doesn't know is left out.

    Only what stands on the overview is known: HTML, drawings, containers, columns, and a closed menu. assets/styles/still.css
    lays them out as Streamlit does.
    """
    parts = {tuple(each.metadata.delta_path): each.delta for each in messages if each.HasField("delta")}

    def inside(path: tuple[int, ...]) -> str:
        children = sorted(each for each in parts if each[:-1] == path)
        return "".join(part(each) for each in children)

    def part(path: tuple[int, ...]) -> str:
        delta = parts[path]
        return _element(delta.new_element) if delta.HasField("new_element") else _block(delta.add_block, inside(path))

    note = escape(t("app.still", language))
    return (
        '<div id="still"><div class="stApp"><div class="stMain"><div class="stMainBlockContainer">'
        f'<div class="stVerticalBlock" data-testid="stVerticalBlock">{inside((0,))}</div></div></div></div>'
        f'<p class="still-note">{note}</p></div>'
    )


def _element(element: Element) -> str:
    kind = element.WhichOneof("type")
    if kind == "html" and not element.html.unsafe_allow_javascript:
        content = f'<div class="stHtml">{element.html.body}</div>'
    elif kind == "bidi_component":
        content = f"<div>{json.loads(element.bidi_component.json)}</div>"
    else:
        return ""
    return f'<div class="stElementContainer" data-testid="stElementContainer">{content}</div>'


def _block(block: Block, content: str) -> str:
    kind, key = block.WhichOneof("type"), block.id.split("-", 2)[-1] if block.id else ""
    width = ' style="flex:0 0 fit-content;width:fit-content"' if block.width_config.use_content else ""
    if kind == "popover":
        return f'<div class="st-key-{key}"{width}><button disabled>{escape(block.popover.label)}</button></div>'
    if kind == "column":
        share = f"calc({block.column.weight:.6%} - 1rem)"
        inner = f'<div class="stVerticalBlock" data-testid="stVerticalBlock" style="height:100%">{content}</div>'
        return f'<div class="stColumn" style="flex:1 1 {share};width:{share}">{inner}</div>'
    if kind != "flex_container" or not content:
        return ""
    flex = block.flex_container
    name = "stVerticalBlock" if flex.direction == flex.VERTICAL else "stHorizontalBlock"
    align = Block.FlexContainer.Align.Name(flex.align).removeprefix("ALIGN_").lower()
    style = f"--gap:{GAPS.get(flex.gap_config.gap_size, '1rem')};align-items:{align}"
    height = ' style="flex:0 1 100%"' if block.height_config.use_stretch else width
    return (
        f'<div class="still-layout"{height}>'
        f'<div class="{name} st-key-{key}" data-testid="{name}" style="{style}">{content}</div></div>'
    )
