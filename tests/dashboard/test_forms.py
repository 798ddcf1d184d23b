"""Forms that write to the ledger: what was typed is kept until it is written."""

from __future__ import annotations

import shutil

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from data_access.access import Scope, load_roles
from data_access.audit import AuditBook
from data_access.home import HOME_VARIABLE, Home
from data_access.ledger import Ledger
from tests.data_access.small_city import CITY, EAST

SCOPE = Scope("city_leader", CITY)


@pytest.fixture
def ledger(served_small_city, tmp_path, monkeypatch) -> Ledger:
    """An empty ledger beside a copy of the small city."""
    own = Home(tmp_path / "own")
    shutil.copytree(served_small_city.path, own.path, ignore=shutil.ignore_patterns("ledger*"))
    monkeypatch.setenv(HOME_VARIABLE, str(own.path))
    st.cache_resource.clear()
    return Ledger.open(own)


def screen() -> None:
    import streamlit as st

    from dashboard.components import entry_form
    from dashboard.context import current_context
    from dashboard.settings import snapshot_reader
    from data_access.ledger import Ledger
    from tests.data_access.small_city import EAST

    context = current_context()
    item = Ledger.beside(snapshot_reader()).item(context.viewer, "d1")
    st.text("drawn")
    entry_form(
        context, kind="decision", key="d1", region_code=EAST, fields=("task", "unit", "due_on"), item=item, item_id="d1"
    )


def opened() -> AppTest:
    app = AppTest.from_function(screen, default_timeout=60).run()
    assert not app.exception
    return app


def typed(app: AppTest, task: str, unit: str = "司法局", due_on: str = "2025-03-31") -> AppTest:
    app.text_area[0].set_value(task)
    app.text_input[0].set_value(unit)
    app.text_input[1].set_value(due_on)
    return app.button[0].click().run()


def said(app: AppTest) -> str:
    return " ".join(each.value for each in app.get("html") if hasattr(each, "value")) or " ".join(
        str(each.proto.body) for each in app.get("html")
    )


def test_a_decision_is_written_and_the_form_follows(ledger: Ledger):
    app = typed(opened(), "逐件明确责任单位")
    item = ledger.item(SCOPE, "d1")
    assert (item.state, item.values["task"], item.region_code) == ("open", "逐件明确责任单位", EAST)
    assert "已写入台账" in said(app)
    assert app.text_area[0].value == "逐件明确责任单位"


def test_who_mends_a_word_leaves_the_state_as_it_is(ledger: Ledger):
    app = typed(opened(), "原任务")
    assert app.selectbox[0].value == "open"
    typed(app, "改过的任务")
    assert [each.state for each in ledger.history(SCOPE, "d1")] == ["open", "open"]


def test_what_is_refused_stays_in_the_form(ledger: Ledger):
    app = typed(opened(), "电话13812345678联系")
    assert ledger.item(SCOPE, "d1") is None
    assert "疑似含身份证号、手机号" in said(app)
    assert app.text_area[0].value == "电话13812345678联系"
    app = typed(app, "已改", due_on="2025-02-30")
    assert "不是日期" in said(app) and app.text_input[1].value == "2025-02-30"


def test_the_same_answer_given_again_is_another_answer(ledger: Ledger):
    app = typed(opened(), "电话13812345678联系")
    first = said(app)
    second = said(app.button[0].click().run())
    assert "疑似含身份证号、手机号" in second
    assert first != second


def test_the_slower_of_two_is_told_and_may_send_again(ledger: Ledger):
    first = typed(opened(), "原任务")
    second = opened()
    typed(first, "甲改的任务")
    second = typed(second, "乙改的任务")
    assert "已被他人修改" in said(second) and "甲改的任务" in said(second)
    assert ledger.item(SCOPE, "d1").values["task"] == "甲改的任务"
    assert second.text_area[0].value == "乙改的任务"
    second = second.button[0].click().run()
    assert [each.values["task"] for each in ledger.history(SCOPE, "d1")] == ["原任务", "甲改的任务", "乙改的任务"]


def test_who_opened_the_form_before_a_change_sees_it(ledger: Ledger):
    typed(opened(), "原任务")
    waiting = opened()
    typed(opened(), "甲改的任务")
    assert "原任务 → 甲改的任务" in said(waiting.run())


def test_a_role_without_permission_gets_no_form(ledger: Ledger, monkeypatch):
    monkeypatch.setenv("PINGAN_ROLE", "auditor")
    app = opened()
    assert not app.button and "只能查看" in said(app)


def test_who_looks_as_another_role_writes_nothing_in_its_name(ledger: Ledger, monkeypatch):
    monkeypatch.setenv("PINGAN_ROLE", "administrator")
    app = AppTest.from_function(screen, default_timeout=60)
    app.session_state["pingan_view_as"] = SCOPE
    app.run()
    assert "不能填写；恢复本人身份" in said(app)
    assert not app.button and not app.text_input


def test_form_that_was_open_before_the_change_of_view_writes_nothing_and_is_recorded(ledger: Ledger, monkeypatch):
    monkeypatch.setenv("PINGAN_ROLE", "administrator")
    monkeypatch.setitem(
        load_roles(), "administrator", load_roles()["city_leader"].model_copy(update={"administers": True})
    )
    app = opened()
    app.session_state["pingan_view_as"] = SCOPE
    typed(app, "以他人名义填写")
    assert ledger.item(SCOPE, "d1") is None
    refused = AuditBook(Home.default()).lines(Scope("auditor", CITY), "refused")
    assert refused["details"].tolist() == [f'{{"permission":"writes","seen":"city_leader@{CITY}"}}']
