"""The app as a whole: every page opens, a forged address is answered in plain words, and no data means advice."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard.navigation import PAGES
from dashboard.settings import view_as
from data_access.access import Scope
from data_access.audit import AuditBook, acting_as
from data_access.errors import AuditUnavailableError, ScopeError
from data_access.home import HOME_VARIABLE
from data_access.measures import load_measures
from tests.data_access.small_city import CITY, EAST, WEST

ROOT = Path(__file__).resolve().parents[2]
ENTRY = str(ROOT / "streamlit_app.py")


def opened(page: str = "overview", **parameters: str) -> AppTest:
    app = AppTest.from_file(ENTRY, default_timeout=60)
    for name, value in parameters.items():
        app.query_params[name] = value
    app.run()
    if page != "overview":
        app.switch_page(next(entry.file for entry in PAGES if entry.url_path == page)).run()
    return app


def shown(app: AppTest) -> str:
    return "\n".join(element.proto.body for element in app.get("html"))


def address(app: AppTest) -> dict[str, str]:
    return {name: value if isinstance(value, str) else value[-1] for name, value in app.query_params.items()}


@pytest.mark.parametrize("page", [entry.url_path for entry in PAGES if not entry.permission])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_page_opens_within_its_frame(served_small_city, page, language):
    app = opened(page, lang=language, theme="dark")
    assert not app.exception
    assert "2024Q4-0001" in shown(app)
    assert 'role="alert"' not in shown(app)
    assert shown(app).count('aria-current="page"') == 1


def test_what_a_page_needs_are_measures_and_the_demonstration_has_some_for_every_page(reader, city_scope):
    told = set(reader.coverage(city_scope)["measure"])
    for entry in PAGES:
        assert set(entry.needs) <= load_measures().keys()
        assert not entry.needs or told & set(entry.needs), entry.url_path


def test_only_an_administrator_looks_as_another_and_no_longer_than_being_one(served_small_city, monkeypatch):
    monkeypatch.setenv("PINGAN_ROLE", "county_leader")
    monkeypatch.setenv("PINGAN_REGION", EAST)
    app = AppTest.from_file(ENTRY, default_timeout=60)
    app.session_state["pingan_view_as"] = Scope("city_leader", CITY)
    app.query_params["region"] = WEST
    app.run()
    assert address(app)["region"] == EAST
    assert "正以" not in shown(app)
    with pytest.raises(ScopeError, match="administrator"):
        view_as(Scope("city_leader", CITY))
    refused = AuditBook(served_small_city).lines(Scope("auditor", CITY), "refused")
    assert {f'{{"region":"{WEST}"}}', '{"permission":"administers"}'} <= set(refused["details"])


def test_the_address_is_completed_so_that_a_copy_shows_the_same(served_small_city):
    app = opened(region=EAST)
    assert address(app) == {"region": EAST, "period": "2024Q4", "lang": "zh", "theme": "light"}


def test_a_county_leader_who_asks_for_another_county_sees_the_own_and_is_recorded(served_small_city, monkeypatch):
    monkeypatch.setenv("PINGAN_ROLE", "county_leader")
    monkeypatch.setenv("PINGAN_REGION", EAST)
    app = opened(region=WEST)
    assert address(app)["region"] == EAST
    lines = AuditBook(served_small_city).lines(Scope("auditor", CITY), "refused")
    own = lines[lines["region_code"] == EAST]
    assert f'{{"region":"{WEST}"}}' in own["details"].tolist()


def test_a_forged_address_is_answered_in_plain_words_and_nothing_of_it_is_shown(served_small_city):
    forged = "'; DROP TABLE region; --<script>alert(1)</script>"
    app = opened(region=forged, period=forged, lang=forged, theme=forged)
    assert not app.exception
    html = shown(app)
    assert html.count('class="notice"') == 4
    assert "DROP TABLE" not in html
    assert "alert(1)" not in html
    assert address(app)["period"] == "2024Q4"


def test_the_screen_says_that_the_data_are_a_demonstration(served_small_city):
    html = shown(opened())
    assert "演示数据" in html
    assert "审图号" in html


def test_without_data_the_screen_says_which_command_to_run(served_small_city, tmp_path, monkeypatch):
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    app = opened()
    assert not app.exception
    assert "make run" in shown(app)
    assert "还没有数据" in shown(app)


def test_a_role_that_does_not_exist_is_said_in_the_language_of_the_address(served_small_city, monkeypatch):
    monkeypatch.setenv("PINGAN_ROLE", "emperor")
    app = opened(lang="en")
    assert not app.exception
    assert "emperor" in shown(app)
    assert "config/roles.toml" in shown(app)


def test_a_page_that_fails_keeps_its_frame_and_shows_a_number_and_no_traceback(served_small_city, monkeypatch):
    def fail() -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(st.Page, "run", lambda _page: fail())
    app = opened()
    html = shown(app)
    assert not app.exception
    assert 'role="alert"' in html
    assert "2024Q4-0001" in html
    assert "secret detail" not in html
    assert "ZeroDivisionError" not in html


LISTS = {
    "disputes": ("dispute",),
    "responsibility": ("decision", "case_package", "consultation_item"),
    "resources": ("award",),
}


@pytest.fixture
def served_city(demonstration_home, served_small_city, monkeypatch):
    monkeypatch.setenv(HOME_VARIABLE, str(demonstration_home.path))
    st.cache_resource.clear()
    return demonstration_home


@pytest.mark.parametrize("page", LISTS)
def test_list_of_records_is_recorded_for_each_who_opens_it_and_not_shown_unless_it_can_be(
    served_city, monkeypatch, page
):
    part = {"responsibility": ("secretaries", "packages", "departments")}.get(page, ("",))
    for subject in ("", "another"):
        monkeypatch.setattr("dashboard.settings.acting_as", lambda _: acting_as(subject))  # noqa: B023
        shown_to = [shown(opened(page, **({"part": each} if each else {}))) for each in part]
    lines = AuditBook(served_city).lines(Scope("auditor", ""), "records")
    for subject in ("", "another"):
        own = " ".join(lines.loc[lines["subject"] == subject, "details"])
        assert all(f'"table":"{table}"' in own for table in LISTS[page]), subject
    monkeypatch.setattr(AuditBook, "record_once", unwritable)
    hidden = [shown(opened(page, **({"part": each} if each else {}))) for each in part]
    assert not any("审计记录无法写入" in text for text in shown_to)
    assert any("审计记录无法写入" in text for text in hidden)


def unwritable(*_: object, **__: object) -> None:
    raise AuditUnavailableError("The audit record can't be written.", "审计记录无法写入。")


@pytest.mark.parametrize("page", ["overview", "map", "disputes", "patrol"])
def test_no_card_about_a_past_period_says_that_it_goes_beyond_it(served_small_city, page):
    html = shown(opened(page, period="2023"))
    days = set(re.findall(r'class="card-foot">.*?<span>截至 ([\d-]+)</span>', html))
    late = {"2024-12-31"} if page == "overview" else set()
    assert "2023-12-31" in days and days - late <= {day for day in days if day <= "2023-12-31"}
