"""Whatever is typed into any field of any kind is text to every store: kept as it is or refused, and nothing else happens."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from data_access.access import Scope, load_roles
from data_access.audit import AuditBook
from data_access.errors import DataAccessError, WriteRefused
from data_access.home import Home
from data_access.ledger import Ledger, ledger_settings
from data_access.publishing import publish
from data_access.queries import SnapshotReader
from tests.data_access import small_city
from tests.data_access.small_city import CITY, EAST
from tests.stores import fresh_database

HOSTILE = (
    "'; DROP TABLE ledger_event; --",
    "\" ; delete from audit_line where '1'='1",
    "%",
    "_%' escape '\\",
    "$1 :name %(name)s {0} \\x00",
    "a\x00b\x1b[2J",
    "‮txt.exe",
    "\ud800",
    "a\ufffe\uffff",
    "<script>alert(1)</script>",
)
SETTINGS = ledger_settings()
FIELDS = [
    (kind, name)
    for kind, rules in SETTINGS.kinds.items()
    for name, rule in {**rules.fields, "reason": None}.items()
    if rule is None or rule.kind in ("text", "date", "number", "item", "codes")
]


@pytest.fixture(scope="module", params=["embedded", "postgresql"])
def home(request, tmp_path_factory) -> Iterator[Home]:
    folder = tmp_path_factory.mktemp("home")
    if request.param == "embedded":
        made = Home(folder, None)
        small_city.fill(made)
        publish(made)
        yield made
        return
    with fresh_database(request.getfixturevalue("postgresql_address")) as url:
        made = Home(folder, url)
        small_city.fill(made)
        publish(made)
        yield made


@pytest.mark.parametrize(("kind", "field"), FIELDS)
def test_hostile_text_is_kept_as_text_or_refused(home, kind, field):
    ledger, rules = Ledger.beside(SnapshotReader(home)), SETTINGS.kinds[kind]
    state = rules.first[0]
    role = next(key for key, role in load_roles().items() if role.may_write(kind, state))
    for number, text in enumerate(HOSTILE):
        values = {
            name: {"date": date.today().isoformat(), "number": 1, "codes": [EAST]}.get(rule.kind, "x")
            for name, rule in rules.fields.items()
            if rule.required
        }
        key = f"{kind}-{field}-{number}"
        typed = {} if field == "reason" else {field: text}
        try:
            item = ledger.write(
                Scope(role, CITY),
                kind=kind,
                region_code=EAST,
                state=state,
                values={**values, **typed},
                snapshot_id="s",
                item_id=key,
                reason=text if field == "reason" else "x",
            )
        except WriteRefused as refused:
            assert refused.message("zh") != refused.message("en")
            assert ledger.item(Scope(role, CITY), key) is None
            continue
        said = item.reason if field == "reason" else item.values.get(field)
        said = "".join(said) if isinstance(said, (list, tuple)) else said
        assert said == "".join(
            sign for sign in text if sign >= " " and not "\ud800" <= sign <= "\udfff" and sign < "\ufffe"
        ) or (said is None and not text.isprintable())
        assert ledger.item(Scope(role, CITY), key) == item


def test_a_required_field_of_signs_that_are_not_kept_is_empty(home):
    values = {"task": "\x00\ufffe", "unit": "x", "due_on": date.today().isoformat()}
    place = {"kind": "decision", "region_code": EAST, "state": "open", "snapshot_id": "s"}
    with pytest.raises(WriteRefused, match="empty"):
        Ledger.beside(SnapshotReader(home)).write(Scope("city_leader", CITY), values=values, **place)


@pytest.mark.parametrize("name", ["item_id", "snapshot_id", "parent_id", "subject", "state", "kind", "region_code"])
def test_hostile_names_are_refused_or_kept_and_never_a_fault_of_the_store(home, name):
    ledger = Ledger.beside(SnapshotReader(home))
    for text in HOSTILE:
        arguments = {
            "kind": "decision",
            "region_code": EAST,
            "state": "open",
            "values": {"task": "x", "unit": "x", "due_on": date.today().isoformat()},
            "snapshot_id": "s",
        }
        try:
            ledger.write(Scope("city_leader", CITY), **{**arguments, name: text})
        except DataAccessError as refused:
            assert refused.message("zh")


def test_afterwards_the_record_is_whole_and_the_numbers_stand(home):
    assert AuditBook(home).verify()[1] == []
    ask = (Scope("city_leader", CITY), ["homicide_incidents"], [CITY], date(2024, 1, 1), date(2024, 12, 31))
    assert SnapshotReader(home).measure_values(*ask)["value"].tolist() == [2]
