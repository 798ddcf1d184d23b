"""Signed-in viewers without a browser: each holds a websocket session as Streamlit's front end does, and drills."""

from __future__ import annotations

import asyncio
import random
import re
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlencode

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

HEADER = "X-Remote-User"
"""Header in which the proxy before the cockpit says who is signed in."""
PAGES = ("overview", "map", "trends", "ranking", "disputes")
PERIODS = ("2024Q1", "2024Q2", "2024Q3", "2024Q4")
PATIENCE_SECONDS = 60.0
_SHAPES = re.compile(rb"/geo/[\w./-]+\.geojson(?:\?[\w=&.-]*)?")


@dataclass(frozen=True)
class Viewer:
    """An account, the region it holds, and what lies below each region."""

    subject: str
    region: str
    below: Mapping[str, Sequence[str]]

    def walk(self) -> Iterator[tuple[str, str, str]]:
        """Yield page, region and period of each step: a page, then down to a grid, then another page; without end."""
        choose = random.Random(self.subject).choice
        while True:
            page, period, region = choose(PAGES), choose(PERIODS), self.region
            yield page, region, period
            while self.below.get(region):
                region = choose(self.below[region])
                yield page, region, period


@dataclass
class Answers:
    """What the server answered: page, milliseconds and bytes of each drill and of each first page, and what went wrong.

    ``cpu_seconds`` are the viewers' own, which their machines would spend.
    """

    drills: list[tuple[str, float, int]] = field(default_factory=list)
    first: list[tuple[str, float, int]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    cpu_seconds: float = 0.0


def look(address: str, viewers: Sequence[Viewer], seconds: float, pause: float) -> Answers:
    """Let all viewers drill for so long, one step each ``pause`` seconds; return what was answered."""
    begun = time.process_time()
    answers = asyncio.run(_look(address, viewers, seconds, pause))
    answers.cpu_seconds = time.process_time() - begun
    return answers


async def _look(address: str, viewers: Sequence[Viewer], seconds: float, pause: float) -> Answers:
    answers = Answers()
    ends = time.perf_counter() + seconds
    sessions = [
        _session(address, viewer, number * pause / len(viewers), ends, pause, answers)
        for number, viewer in enumerate(viewers)
    ]
    await asyncio.gather(*sessions)
    return answers


async def _session(address: str, viewer: Viewer, begins_in: float, ends: float, pause: float, answers: Answers) -> None:
    await asyncio.sleep(begins_in)
    socket_address = f"{address.replace('http', 'ws', 1)}/_stcore/stream"
    headers, known = {HEADER: viewer.subject}, set()
    try:
        async with websockets.connect(
            socket_address, additional_headers=headers, origin=address, subprotocols=["streamlit"], max_size=None
        ) as socket:
            due, kept = time.perf_counter(), answers.first
            for page, region, period in viewer.walk():
                start = time.perf_counter()
                query = urlencode({"region": region, "period": period, "lang": "zh", "theme": "light"})
                async with asyncio.timeout(PATIENCE_SECONDS):
                    said = await _ask(socket, page, query)
                kept.append((page, (time.perf_counter() - start) * 1000, len(said)))
                kept = answers.drills
                answers.errors += _faults(said, viewer, page, region)
                shapes = set(_SHAPES.findall(said)) - known
                known |= shapes  # a browser keeps what it has fetched
                for shape in shapes:
                    await asyncio.to_thread(_fetch, address + shape.decode(), viewer.subject)
                due = max(due + pause, time.perf_counter())
                if due >= ends:
                    return
                await asyncio.sleep(due - time.perf_counter())
    except Exception as error:  # noqa: BLE001 (whatever ends a viewer's session is one error in the account)
        answers.errors.append(f"{viewer.subject}: {type(error).__name__} {error}")


async def _ask(socket: websockets.ClientConnection, page: str, query: str) -> bytes:
    """Ask for a page as a link does, and return all that the server says until the page is drawn."""
    asked = BackMsg()
    asked.rerun_script.query_string = query
    asked.rerun_script.page_name = "" if page == PAGES[0] else page
    await socket.send(asked.SerializeToString())
    said = []
    async for data in socket:
        assert isinstance(data, bytes)
        said.append(data)
        if len(data) < 1000:
            message = ForwardMsg.FromString(data)
            finished = message.WhichOneof("type") == "script_finished"
            if finished and message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                break
    return b"".join(said)


def _faults(said: bytes, viewer: Viewer, page: str, region: str) -> list[str]:
    """Return what is wrong with an answer: an error on screen, a page that isn't whole, another region than was asked."""
    words = {"an error on screen": b"error-panel" in said, "no footer": b"page-foot" not in said}
    words["a refused region"] = b'class="notice"' in said
    return [f"{viewer.subject} {page} {region}: {word}" for word, holds in words.items() if holds]


def _fetch(address: str, subject: str) -> None:
    request = urllib.request.Request(address, headers={HEADER: subject})
    with urllib.request.urlopen(request, timeout=30) as answer:  # nosec B310  # the address of our own server
        answer.read()
