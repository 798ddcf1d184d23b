"""A cable that is pulled: nothing arrives any more, and nobody says so."""

from __future__ import annotations

import ctypes
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import date

import pandas as pd
import pytest
import sqlalchemy as sa

from data_access.access import Scope
from data_access.errors import StoreUnavailableError
from data_access.home import Home
from data_access.ledger import Ledger
from data_access.publishing import publish
from data_access.queries import SnapshotReader
from tests.data_access import small_city
from tests.data_access.small_city import CITY, EAST
from tests.servers import LOOPBACK, wait_until
from tests.stores import fresh_database

CITY_SCOPE = Scope("city_leader", CITY)
NOTICED_SECONDS, RECOVERS_SECONDS = 15, 10
ATTACH_FILTER, DETACH_FILTER = 26, 27
"""Options of Linux that let a program choose what a socket receives; Python has no names for them."""


class Cable:
    """What connects programs with a server, until it is pulled: then sent bytes are neither received nor refused."""

    def __init__(self, port: int) -> None:
        self._server = (LOOPBACK, port)
        self._listener = socket.create_server((LOOPBACK, 0))
        self.port = self._listener.getsockname()[1]
        self._ends = [self._listener]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(self._server)
                self._ends.append(near)
                for source, target in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=(source, target), daemon=True).start()

    @staticmethod
    def _carry(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        for each in (source, target):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def pull(self) -> None:
        """Let the kernel drop all that programs send, as if it never came."""
        drop_all = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))
        for end in self._ends:
            with suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, ATTACH_FILTER, struct.pack("HL", 1, ctypes.addressof(drop_all)))

    def plug_in(self) -> None:
        """Receive again."""
        for end in self._ends:
            with suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, DETACH_FILTER, 0)

    def close(self) -> None:
        """End the listener and all connections."""
        for end in self._ends:
            end.close()


@pytest.fixture
def cabled(server, tmp_path) -> Iterator[tuple[Cable, Home]]:
    """A published city that is reached by a cable."""
    with fresh_database(server.address) as url:
        small_city.fill(home := Home(tmp_path / "home", url))
        publish(home)
        address = sa.make_url(url)
        cable = Cable(address.port)
        yield cable, Home(home.path, address.set(port=cable.port).render_as_string(hide_password=False))
        cable.close()


def days(reader: SnapshotReader, year: int) -> pd.DataFrame:
    ask = (CITY_SCOPE, ["homicide_incidents"], [CITY], date(year, 1, 1), date(year, 12, 31))
    return reader.measure_values(*ask, grain="day")


def test_a_pulled_cable_is_noticed_and_the_last_good_numbers_are_shown(cabled):
    cable, home = cabled
    reader = SnapshotReader(home)
    whole = days(SnapshotReader(home), 2023)
    assert not days(reader, 2024).empty
    ledger = Ledger.beside(reader)
    decision = {"kind": "decision", "region_code": EAST, "state": "open", "snapshot_id": "s1"}
    values = {"task": "逐件明确责任单位", "unit": "司法局", "due_on": "2025-03-31"}
    ledger.write(CITY_SCOPE, **decision, values=values, item_id="before")

    cable.pull()
    begun = time.monotonic()
    pd.testing.assert_frame_equal(days(reader, 2023), whole)
    assert time.monotonic() - begun < NOTICED_SECONDS
    assert reader.unreachable_since() is not None
    with pytest.raises(StoreUnavailableError):
        ledger.write(CITY_SCOPE, **decision, values=values, item_id="meanwhile")
    assert time.monotonic() - begun < 2 * NOTICED_SECONDS

    cable.plug_in()
    back = time.monotonic()
    wait_until(lambda: bool(reader.snapshot()) and reader.unreachable_since() is None, RECOVERS_SECONDS)
    assert not days(reader, 2022).empty
    assert ledger.write(CITY_SCOPE, **decision, values=values, item_id="meanwhile").version == 1
    assert time.monotonic() - back < RECOVERS_SECONDS
