"""What the web server answers beside Streamlit: shells, headers, shapes, health, and unknown addresses."""

from __future__ import annotations

import gc
import json
import re
import sys
from pathlib import Path

import pytest
from streamlit.file_util import get_static_dir
from uvicorn.loops.auto import auto_loop_factory

from dashboard.front import pace
from dashboard.maps.addresses import geometry_address
from dashboard.memory import process_memory
from dashboard.navigation import PAGES
from dashboard.settings import snapshot_reader
from data_access.access import Scope, load_roles
from data_access.audit import AuditBook
from data_access.home import HOME_VARIABLE
from tests.dashboard.asgi_client import Client
from tests.data_access.small_city import CITY, EAST, WEST

SNAPSHOT = "2024Q4-0001"
LEADER = Scope("city_leader", CITY)


@pytest.fixture
def client(served_small_city) -> Client:
    return Client()


@pytest.mark.parametrize("page", ["", *(entry.url_path for entry in PAGES[1:])])
def test_the_first_html_of_a_page_has_language_and_theme_of_its_address(client, page):
    html = client.get(f"/{page}?lang=en&theme=dark").text
    assert '<html lang="en" data-theme="dark">' in html
    assert 'streamlitTheme="Dark"' in html
    html = client.get(f"/{page}").text
    assert '<html lang="zh-CN" data-theme="light">' in html
    assert "<title>平安态势</title>" in html


def test_the_shell_still_starts_streamlit_and_says_nothing_in_its_name(client):
    html = client.get("/").text
    assert 'id="root"' in html
    assert 'type="module"' in html
    assert "You need to enable JavaScript" not in html
    assert "<title>Streamlit" not in html


@pytest.mark.parametrize(("path", "is_late"), [("/", True), ("/trends", False)])
def test_the_shell_asks_early_for_parts_that_exist_and_on_the_overview_for_charts_last(client, path, is_late):
    html = client.get(path).text
    early = re.findall(r'rel="modulepreload" href="\./(static/js/[^"]+)"', html)
    late = re.findall(r"static/js/[^\"]+", re.search(r"lateParts=(\[.*?\])", html)[1])
    assert all((Path(get_static_dir()) / part).is_file() for part in [*early, *late])
    assert any("PlotlyChart" in part for part in (late if is_late else early))
    assert not any("PlotlyChart" in part for part in (early if is_late else late))


@pytest.mark.parametrize("forged", ["<script>alert(1)</script>", "'; DROP TABLE", "zh' onload='x"])
def test_nothing_of_the_address_reaches_the_shell_or_the_page_for_unknown_addresses(client, forged):
    for path in ("/", "/no-such-page"):
        html = client.get(path, params={"lang": forged, "theme": forged}).text
        assert forged not in html
        assert '<html lang="zh-CN" data-theme="light">' in html


def test_an_unknown_address_is_answered_in_the_viewers_language(client):
    answer = client.get("/no/such/page?lang=en")
    assert answer.status_code == 404
    assert "There is no such page" in answer.text
    assert "没有这个页面" in client.get("/nosuchpage").text


def test_the_overview_has_one_address_and_keeps_its_parameters(client):
    answer = client.get("/overview?region=1&lang=en")
    assert answer.status_code == 307
    assert answer.headers["location"] == "/?region=1&lang=en"


def test_streamlits_own_addresses_pass_through(client):
    for path in ("/_stcore/health", "/static/js/index.js", "/media/x.png", "/manifest.json"):
        assert client.get(path).text == "Streamlit"


def test_every_answer_forbids_other_hosts(client):
    for path in ("/", "/healthz", "/nosuchpage", "/_stcore/health", "/assets/cockpit.css"):
        headers = client.get(path).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "http" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


def test_the_stylesheet_has_the_colours_of_both_themes(client):
    css = client.get("/assets/cockpit.css").text
    assert ':root[data-theme="light"]' in css
    assert ':root[data-theme="dark"]' in css
    assert "--grade-red-fill:#A61E1E" in css


def test_no_style_rule_names_a_colour_or_another_host(client):
    own_rules = client.get("/assets/cockpit.css").text.partition("/* The look of the cockpit.")[2]
    assert not re.search(r"#[0-9a-fA-F]{3,8}\b", own_rules)
    assert "http" not in own_rules


def test_health_says_which_snapshot_is_served(client, tmp_path, monkeypatch):
    assert client.get("/healthz").json() == {"status": "ok", "snapshot_id": SNAPSHOT, "data_through": "2024-12-31"}
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    snapshot_reader.clear()
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (503, {"status": "no_snapshot"})


def test_shapes_of_children_carry_their_code_and_nothing_else(client):
    answer = client.get(geometry_address(SNAPSHOT, CITY, LEADER))
    features = json.loads(answer.content)["features"]
    assert {feature["id"] for feature in features} == {EAST, WEST}
    assert all(feature["properties"] == {} for feature in features)
    assert "private" in answer.headers["cache-control"]


def test_shapes_that_one_scope_may_keep_are_not_kept_for_another(client, monkeypatch):
    county = Scope("county_leader", EAST)
    assert geometry_address(SNAPSHOT, CITY, LEADER) != geometry_address(SNAPSHOT, CITY, county)
    assert "immutable" in client.get(geometry_address(SNAPSHOT, CITY, LEADER)).headers["cache-control"]
    for address in (geometry_address(SNAPSHOT, CITY, county), f"/geo/{SNAPSHOT}/{CITY}.geojson"):
        assert client.get(address).headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("snapshot", "parent"),
    [
        (SNAPSHOT, "999999999999"),
        ("2020Q1-0001", CITY),
        (SNAPSHOT, "'; DROP TABLE region"),
        (SNAPSHOT, "970101001001001"),
    ],
)
def test_shapes_that_are_not_there_are_not_found(client, snapshot, parent):
    assert client.get(geometry_address(snapshot, parent, LEADER)).status_code == 404


def refused(home) -> list[str]:
    lines = AuditBook(home).lines(Scope("auditor", CITY), "refused")
    return lines["details"].tolist()


@pytest.fixture
def county(monkeypatch) -> Scope:
    """The viewer is the leader of the eastern county."""
    monkeypatch.setenv("PINGAN_ROLE", "county_leader")
    monkeypatch.setenv("PINGAN_REGION", EAST)
    return Scope("county_leader", EAST)


def test_shapes_outside_the_viewers_scope_are_not_found_and_the_request_is_recorded(client, served_small_city, county):
    assert client.get(geometry_address(SNAPSHOT, EAST, county)).status_code == 200
    assert client.get(geometry_address(SNAPSHOT, WEST, county)).status_code == 404
    assert f'{{"region":"{WEST}"}}' in refused(served_small_city)


def test_a_wall_screen_has_one_address_and_asks_only_this_server(client):
    html = client.get("/wall?screen=hall").text
    assert 'data-theme="dark"' in html
    assert "http" not in html
    assert client.get("/?screen=duty").headers["location"] == "/wall?screen=duty"
    assert client.get("/assets/wall.js").headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize("screen", ["nowhere", "<script>alert(1)</script>", "'; DROP TABLE region"])
def test_a_wall_screen_that_does_not_exist_is_said_without_repeating_the_address(client, screen):
    for path in ("/wall", "/wall/frame"):
        answer = client.get(path, params={"screen": screen})
        assert answer.status_code == 404
        assert "hall" in answer.text
        assert screen not in answer.text


@pytest.mark.parametrize("position", ["0", "-1", "99999999999999999999", "9" * 5_000, "９", "x", "<b>"])
def test_any_position_of_the_playlist_is_answered_with_a_picture(client, position):
    picture = client.get("/wall/frame", params={"screen": "hall", "position": position}).json()
    assert picture["snapshot_id"] == SNAPSHOT
    assert 0 <= picture["position"] < picture["count"]


def test_the_wall_says_503_while_there_are_no_data_and_the_screen_still_opens(client, tmp_path, monkeypatch):
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    snapshot_reader.clear()
    assert client.get("/wall?screen=hall").status_code == 200
    assert client.get("/wall/frame?screen=hall").status_code == 503
    assert client.get("/wall/state").status_code == 503


@pytest.mark.parametrize("region", [WEST[:-1] + "9", "%", "9" * 30_000, "９７０１", "a\0b"])
def test_the_wall_of_a_county_shows_no_other_and_keeps_no_picture_of_what_is_none(
    client, served_small_city, county, region
):
    assert client.get("/wall/frame", params={"screen": "hall", "region": region}).json()["region"] == EAST
    kept = len(process_memory())
    for asked in (f"{region}1", f"{region}2"):
        assert client.get("/wall/frame", params={"screen": "hall", "region": asked}).json()["region"] == EAST
    assert len(process_memory()) == kept
    assert any(json.loads(details).get("region") == region[:40] for details in refused(served_small_city))


def test_the_wall_opens_to_no_role_that_may_not_open_the_screens(client, served_small_city, monkeypatch):
    monkeypatch.setitem(
        load_roles(), "city_leader", load_roles()["city_leader"].model_copy(update={"pages": ("work",)})
    )
    assert client.get("/wall?screen=hall").headers["location"] == "/"
    for path in ("/wall/frame?screen=hall", "/wall/state"):
        assert client.get(path).status_code == 401
    assert '{"page":"wall"}' in refused(served_small_city)


def test_the_server_gets_its_turn_soon_while_pages_are_drawn():
    before = sys.getswitchinterval()
    try:
        pace.set_pace()
        assert sys.getswitchinterval() == pytest.approx(pace.SWITCH_SECONDS)
    finally:
        sys.setswitchinterval(before)
        gc.enable()


def test_all_that_pages_keep_is_seldom_searched_for_rubbish():
    before = gc.get_threshold()
    try:
        pace.search_for_rubbish()
        assert gc.isenabled()
        assert gc.get_threshold() == pace.RUBBISH_THRESHOLDS
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)


@pytest.mark.skipif(sys.platform == "win32", reason="there is no uvloop")
def test_the_server_runs_on_the_quicker_event_loop():
    loop = auto_loop_factory()()
    loop.close()
    assert type(loop).__module__.startswith("uvloop")
