"""Forms that write to the ledger: by role, with what was typed kept when it is refused or another was faster."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import pandas as pd
import streamlit as st

from dashboard import formatting
from dashboard.components.cards import chart_card
from dashboard.components.html import filled, place_html
from dashboard.components.messages import aside, empty_state, notice
from dashboard.components.tables import Column, table
from dashboard.context import Context, role_name
from dashboard.i18n import t
from dashboard.settings import refuse_writing_as_another, snapshot_reader, viewed_as
from data_access.clock import local_time
from data_access.errors import ConflictError, DataAccessError
from data_access.ledger import Item, Ledger, change_lines, ledger_settings
from data_access.ledger.settings import FieldRule

_VERSION_COLUMNS = ("version", "when", "role", "state", "changes", "reason")
_LONG_TEXT = 200
"""Characters from which a field gets several lines."""


@dataclass(frozen=True)
class _Outcome:
    """What the last press of the button came to."""

    text: str
    written: bool
    answer: str = field(default_factory=lambda: uuid.uuid4().hex)
    """Of this press alone: the same words said again are an answer of their own, and are read out again."""


@dataclass(frozen=True)
class Entry:
    """One form: the item, what is asked for, and what stands above it; see :func:`entry_form`."""

    title: str
    kind: str
    item_id: str
    region_code: str
    fields: tuple[str, ...]
    item: Item | None
    initial: Mapping[str, object] = field(default_factory=dict)
    states: tuple[str, ...] = ()
    published: Mapping[str, object] | None = None
    versions: pd.DataFrame = field(default_factory=pd.DataFrame)
    """From :func:`versions_of`."""


def versions_of(ledger: Ledger, context: Context, item_id: str) -> pd.DataFrame:
    """Return ``version, when, role, state, changes, reason`` of an item, as written, newest first."""
    language = context.language
    history = ledger.history(context.viewer, item_id)
    earlier: list[Item | None] = [None, *history[:-1]] if history else []
    rows = [
        {
            "version": str(item.version),
            "when": local_time(item.recorded_at),
            "role": item.role_label(language),
            "state": item.state_label(language),
            "changes": t("entry.joint", language).join(change_lines(before, item, language)),
            "reason": item.reason or formatting.MISSING,
        }
        for before, item in zip(earlier, history, strict=True)
    ]
    return pd.DataFrame(rows[::-1], columns=list(_VERSION_COLUMNS))


def entry_card(context: Context, entry: Entry | None, data_through: date) -> None:
    """Draw a card with the form of ``entry`` and the versions its item had; says so when there is nothing to fill in."""
    language = context.language
    with chart_card(
        language,
        title=entry.title if entry else t("entry.write", language),
        sentence=t("entry.write_note", language),
        data_through=data_through,
        source=t("entry.ledger_source", language),
        key="write",
    ):
        if entry is None:
            empty_state(t("entry.nothing_to_write", language))
            return
        entry_form(
            context,
            kind=entry.kind,
            key=entry.item_id,
            region_code=entry.region_code,
            fields=entry.fields,
            item=entry.item,
            item_id=entry.item_id,
            initial=entry.initial,
            states=entry.states,
            published=entry.published,
        )
        if not entry.versions.empty:
            table(
                entry.versions,
                [Column(name=name, title=t(f"entry_column.{name}", language)) for name in _VERSION_COLUMNS],
                language,
                caption=t("entry.versions", language),
                max_height=240,
            )


def entry_form(
    context: Context,
    *,
    kind: str,
    key: str,
    region_code: str,
    fields: Sequence[str],
    item: Item | None = None,
    item_id: str | None = None,
    initial: Mapping[str, object] | None = None,
    states: Sequence[str] = (),
    published: Mapping[str, object] | None = None,
    parent_id: str | None = None,
    submit: str | None = None,
) -> None:
    """Draw the form of one item: its next states, its fields, a reason; the ledger checks what comes back.

    It begins with the state that the item has, where the role may keep it: who mends a word doesn't move the item on.
    Nothing but a remark is drawn for a role that may take no step.

    Parameters
    ----------
    context : Context
    kind : str
        A kind of config/ledger.toml.
    key : str
        Unique on the page for each item.
    region_code : str
        Where the item belongs.
    fields : sequence of str
        Fields to ask for; others keep what they say.
    item : Item, optional
        The item as it stands; a new one is made when there is none.
    item_id : str, optional
        Id of an item that isn't in the ledger yet but stands on a published record or a rule.
    initial : mapping, optional
        What a new item's fields begin with; fields that are not asked for are written as given here.
    states : sequence of str, optional
        States to offer, of those the role may choose; all of them unless given.
    published : mapping, optional
        The published record that a first event changes.
    parent_id : str, optional
    submit : str, optional
        Words on the button; where it leads to one state only, nothing else asks for that.
    """
    language = context.language
    rules = ledger_settings().kind(kind)
    place = f"entry-{key}"
    outcome: _Outcome | None = st.session_state.pop(f"{place}-outcome", None)
    if outcome is not None and outcome.written:
        _say(outcome)
    if viewed_as() is not None:
        aside(t("entry.only_looking", language))
        return
    offered = _offered(context, kind, item, states)
    if not offered:
        aside(t("entry.not_allowed", language, role=_role_name(context)))
        return
    round_number = st.session_state.setdefault(f"{place}-round", 0)
    seen = st.session_state.setdefault(f"{place}-seen-{round_number}", item.version if item else 0)
    known = {**(initial or {}), **(item.values if item else {})}
    if outcome is None and item is not None and seen != item.version:
        earlier = next((each for each in _ledger().history(context.viewer, item.item_id) if each.version == seen), None)
        changes = t("entry.joint", language).join(change_lines(earlier, item, language))
        notice(t("entry.changed_meanwhile", language, role=item.role_label(language), changes=changes), language)
    with st.form(place, border=False, enter_to_submit=False):
        if len(offered) > 1 or submit is None:
            st.selectbox(
                t("entry.state", language),
                offered,
                index=offered.index(item.state) if item and item.state in offered else 0,
                format_func=lambda each: rules.state_label(each, language),
                key=f"{place}-state-{round_number}",
            )
        for name in fields:
            _widget(rules.fields[name], known.get(name), f"{place}-{name}-{round_number}", language)
        st.text_input(t("entry.reason", language), key=f"{place}-reason-{round_number}")
        st.form_submit_button(
            submit or t("entry.submit", language),
            on_click=_send,
            kwargs={
                "context": context,
                "kind": kind,
                "place": place,
                "region_code": region_code,
                "fields": tuple(fields),
                "kept": {name: value for name, value in (initial or {}).items() if item is None},
                "item_id": item.item_id if item else item_id,
                "only_state": offered[0] if len(offered) == 1 else None,
                "published": published,
                "parent_id": parent_id,
            },
            type="primary",
        )
    if outcome is not None and not outcome.written:
        _say(outcome)


def _send(
    *,
    context: Context,
    kind: str,
    place: str,
    region_code: str,
    fields: Sequence[str],
    kept: Mapping[str, object],
    item_id: str | None,
    only_state: str | None,
    published: Mapping[str, object] | None,
    parent_id: str | None,
) -> None:
    """Write what the form holds, before the page is drawn again."""
    number = st.session_state[f"{place}-round"]
    seen_key = f"{place}-seen-{number}"
    # One id for one filled form: pressing the button twice sends the same item twice, which adds nothing.
    own_id = item_id or st.session_state.setdefault(f"{place}-id-{number}", uuid.uuid4().hex)
    typed = {name: st.session_state.get(f"{place}-{name}-{number}") for name in fields}
    try:
        refuse_writing_as_another()
        item = _ledger().write(
            context.viewer,
            kind=kind,
            region_code=region_code,
            state=only_state or st.session_state[f"{place}-state-{number}"],
            values={**kept, **typed},
            snapshot_id=snapshot_reader().snapshot().snapshot_id,
            item_id=own_id,
            seen_version=st.session_state.get(seen_key, 0),
            reason=st.session_state.get(f"{place}-reason-{number}") or "",
            parent_id=parent_id,
            published=published,
        )
    except ConflictError as error:
        current = error.details.get("current")
        st.session_state[seen_key] = current.version if isinstance(current, Item) else 0
        st.session_state[f"{place}-outcome"] = _Outcome(error.message(context.language), written=False)
    except DataAccessError as error:
        st.session_state[f"{place}-outcome"] = _Outcome(error.message(context.language), written=False)
    else:
        said = t("entry.written", context.language, state=item.state_label(context.language), version=item.version)
        st.session_state[f"{place}-outcome"] = _Outcome(said, written=True)
        st.session_state[f"{place}-round"] = number + 1


def _offered(context: Context, kind: str, item: Item | None, states: Sequence[str]) -> list[str]:
    rules = ledger_settings().kind(kind)
    role = context.viewer.permissions
    steps = [*rules.steps_from(item.state if item else None), *([item.state] if item else [])]
    offered = [step for step in dict.fromkeys(steps) if role.may_write(kind, step)]
    return [step for step in offered if step in states] if states else offered


def _widget(rule: FieldRule, value: object, key: str, language: str) -> None:
    st.session_state.setdefault(key, "" if value is None else str(value))
    label = t("entry.required", language, name=rule.label(language)) if rule.required else rule.label(language)
    if rule.kind == "text" and rule.most >= _LONG_TEXT:
        st.text_area(label, key=key, height=96, placeholder=t("entry.most", language, count=rule.most))
    elif rule.kind == "date":
        st.text_input(label, key=key, placeholder=t("entry.date", language))
    else:
        st.text_input(label, key=key, placeholder="")


def _say(outcome: _Outcome) -> None:
    role, kind = ("status", "written") if outcome.written else ("alert", "refused")
    place_html(
        filled(
            '<p class="entry-outcome entry-{}" role="{}" data-answer="{}">{}</p>',
            kind,
            role,
            outcome.answer,
            outcome.text,
        )
    )


def _role_name(context: Context) -> str:
    return role_name(context.viewer.permissions, snapshot_reader().snapshot(), context.language)


def _ledger() -> Ledger:
    return Ledger.beside(snapshot_reader())
