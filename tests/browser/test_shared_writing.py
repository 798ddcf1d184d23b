"""Writing back on a shared PostgreSQL: every kind of item by its form, whatever happens while somebody fills it in."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from data_access.home import Home
from data_access.publishing import publish
from tests.browser.screen import open_page, send_form, settle, stray_english, visible_text
from tests.servers import running_app
from tests.stores import fresh_database, keep_few_records, share_snapshot

PERIOD = "2023-11"
"""The last month of the demonstration city whose end finds a county red in two official months running."""


@dataclass(frozen=True)
class Form:
    """How a kind of item is written: its page, the line of a list that opens it, and what is typed.

    ``typed`` is the field whose text must survive a refusal; ``others`` are what else must be filled in.
    """

    path: str
    part: str
    listed: str
    typed: str
    others: dict[str, str]
    words: tuple[str, str] = ("甲方所写", "乙方所写")


FORMS = {
    "decision": Form("/responsibility", "secretaries", "调度议定事项", "办理情况", {"办结日期": "2023-11-20"}),
    "closure_review": Form("/responsibility", "packages", "在办包案（超期久的在前）", "复核意见（必填）", {}),
    "summons": Form("/responsibility", "summons", "约谈名单（连续两年命案发案率上升）", "整改或复查情况", {}),
    "review_sheet": Form("/responsibility", "summons", "核查单（连续两个正式月份挂红）", "核查情况", {}),
    "correction": Form("/quality", "", "", "申报值（必填）", {"理由（写入台账）": "与台账不符"}, ("93", "94")),
}


@pytest.fixture(scope="module")
def shared_home(server, demonstration_home, tmp_path_factory) -> Iterator[Home]:
    """The demonstration city in a database that the tests stop and start."""
    with fresh_database(server.address) as url:
        folder = tmp_path_factory.mktemp("shared") / "city"
        folder.mkdir()
        shutil.copy(demonstration_home.path / "working.duckdb", folder)
        home = Home(folder, url).create()
        share_snapshot(demonstration_home, home, deepest=1)
        yield home


@pytest.fixture(scope="module")
def app(shared_home) -> Iterator[str]:
    with running_app(shared_home, DATABASE_URL=str(shared_home.database_url)) as address:
        yield address


def open_form(page, app: str, form: Form, place: int = 0) -> None:
    """Open the form of one item, the first of its list unless another ``place`` is given."""
    open_page(page, app, form.path, period=PERIOD, **({"part": form.part} if form.part else {}))
    if form.listed:
        link = page.locator(f"div[aria-label='{form.listed}'] tbody a").nth(place)
        item = link.get_attribute("href").split("item=")[1].split("&")[0]
        link.click()
        page.wait_for_function("item => location.search.includes(item)", arg=item)
        settle(page)


def typed(page, form: Form) -> str:
    return page.get_by_label(form.typed, exact=True).input_value()


def send(page, form: Form, text: str) -> str:
    return send_form(page, {form.typed: text, **form.others})


def versions(page) -> int:
    return page.locator("div[aria-label='各版记录'] tbody tr").count()


@pytest.mark.parametrize("kind", FORMS)
def test_the_slower_of_two_is_told_what_the_other_wrote_and_keeps_what_was_typed(page, app, kind):
    form = FORMS[kind]
    first, second = form.words
    open_form(page, app, form)
    late = page.context.new_page()
    late.goto(page.url)
    settle(late)
    assert "第 1 版" in send(page, form, first)
    refused = send(late, form, second)
    assert "已被他人修改" in refused and first in refused
    assert typed(late, form) == second
    assert not stray_english(visible_text(late))
    assert "第 2 版" in send_form(late, {}), "sent again, now that the other's words were seen"
    assert versions(late) == 2


@pytest.mark.parametrize("kind", FORMS)
def test_who_may_only_look_finds_no_form(page, shared_home, kind):
    with running_app(shared_home, DATABASE_URL=str(shared_home.database_url), PINGAN_ROLE="auditor") as looking:
        form = FORMS[kind]
        open_page(page, looking, form.path, period=PERIOD, **({"part": form.part} if form.part else {}))
        assert page.get_by_role("button", name="提交").count() == 0
        assert page.get_by_label(form.typed, exact=True).count() == 0


def test_a_form_that_is_sent_while_the_database_is_away_keeps_its_text_until_it_is_back(page, app, server):
    form = FORMS["closure_review"]
    open_form(page, app, form, place=1)
    server.stop()
    try:
        refused = send(page, form, "断线时所写")
        assert page.locator(".entry-refused").count() == 1
        assert "数据库" in refused and not stray_english(refused)
        assert typed(page, form) == "断线时所写"
    finally:
        server.start()
    page.wait_for_function("() => !document.body.innerText.includes('共享数据库自')")
    settle(page)
    assert typed(page, form) == "断线时所写"
    assert "第 1 版" in send_form(page, {})
    assert versions(page) == 1


def test_a_database_that_restarts_between_opening_and_saving_costs_nothing(page, app, server):
    form = FORMS["closure_review"]
    open_form(page, app, form, place=2)
    page.get_by_label(form.typed, exact=True).fill("重启之间所写")
    server.restart()
    said = send_form(page, {})
    if page.locator(".entry-refused").count():  # the first who asks finds its connection cut
        assert "数据库" in said and typed(page, form) == "重启之间所写"
        page.wait_for_function("() => !document.body.innerText.includes('共享数据库自')")
        said = send_form(page, {})
    assert "第 1 版" in said
    assert versions(page) == 1


def test_data_published_anew_between_opening_and_saving_leave_the_form_and_what_was_decided(page, app, shared_home):
    form = FORMS["closure_review"]
    open_form(page, app, form, place=3)
    page.get_by_label(form.typed, exact=True).fill("发布之前所写")
    before = page.locator("footer.page-foot").inner_text()
    keep_few_records(shared_home)
    publish(shared_home)
    assert "第 1 版" in send_form(page, {})
    assert versions(page) == 1
    page.reload()
    settle(page)
    assert page.locator("footer.page-foot").inner_text() != before
    assert versions(page) == 1 and "发布之前所写" in visible_text(page)
