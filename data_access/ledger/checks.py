"""What may be written: lengths, dates, steps, roles; nothing that names a person."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping
from datetime import date

from data_access.access import Scope
from data_access.errors import ScopeError, WriteRefused
from data_access.importing.identity import mentions_identity
from data_access.ledger.settings import FieldRule, Kind, ledger_settings


def check_step(scope: Scope, kind_key: str, before: str | None, state: str) -> None:
    """Raise when the role may not bring an item to ``state``, or no step leads there.

    Raises
    ------
    ScopeError, WriteRefused
    """
    kind = ledger_settings().kind(kind_key)
    role = scope.permissions
    if state not in kind.states:
        raise WriteRefused(
            f"{kind.name_en}: there is no state {state!r}.", f"{kind.name}：没有状态“{state}”。", code="state"
        )
    if not role.may_write(kind_key, state):
        raise ScopeError(
            f"The role {role.name_en} may not set “{kind.name_en}” to “{kind.state_label(state, 'en')}”. Ask a role that may.",
            f"角色“{role.name}”无权将“{kind.name}”设为“{kind.state_label(state, 'zh')}”，请由有权限的角色办理。",
            code="write_permission",
            role=scope.role,
        )
    if state != before and state not in kind.steps_from(before):
        now_zh = "新事项" if before is None else kind.state_label(before, "zh")
        now_en = "a new item" if before is None else kind.state_label(before, "en")
        raise WriteRefused(
            f"{kind.name_en}: no step leads from “{now_en}” to “{kind.state_label(state, 'en')}”.",
            f"{kind.name}：不能由“{now_zh}”变为“{kind.state_label(state, 'zh')}”。",
            code="step",
        )


def checked_values(kind_key: str, values: Mapping[str, object]) -> dict[str, object]:
    """Return the fields as they are kept (dates as ISO text), or raise :class:`WriteRefused` naming field and reason."""
    kind = ledger_settings().kind(kind_key)
    unknown = sorted(set(values) - set(kind.fields))
    if unknown:
        raise WriteRefused(
            f"{kind.name_en} has no field {unknown[0]!r}.", f"{kind.name}没有字段“{unknown[0]}”。", code="field"
        )
    kept: dict[str, object] = {}
    for name, rule in kind.fields.items():
        value = _checked(rule, values.get(name))
        if value is not None:
            kept[name] = value
        elif rule.required:
            raise WriteRefused(
                f"“{rule.name_en}” is empty. Fill it in.", f"“{rule.name}”未填写，请填写。", code="required", field=name
            )
    return kept


def checked_reason(kind: Kind, state: str, reason: str) -> str:
    """Return the reason as it is kept; refuse an empty one where the state needs it."""
    most = ledger_settings().reason_characters
    text = _checked(FieldRule(kind="text", name="理由", name_en="Reason", most=most), reason)
    if text is None and state in kind.reason:
        label = kind.states[state]
        raise WriteRefused(
            f"“{label[1]}” needs a reason. Write why.", f"“{label[0]}”须说明理由，请填写。", code="reason"
        )
    return str(text or "")


def check_names(**names: str | None) -> None:
    """Raise when an id that comes along with what was typed holds a sign that no store keeps (control, half a character)."""
    for name, value in names.items():
        if not all(map(_is_kept, value or "")):
            raise WriteRefused(
                f"{name} holds a sign that can't be kept.", f"{name} 中含有无法保存的字符。", code="name", name=name
            )


def _checked(rule: FieldRule, value: object) -> object:
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    match rule.kind:
        case "date":
            return _date(rule, value).isoformat()
        case "number":
            return _number(rule, value)
        case "document":
            return _document(rule, value)
        case "codes":
            return [_text(rule, code) for code in value] if isinstance(value, (list, tuple)) else [_text(rule, value)]
    return _text(rule, value) or None


def _text(rule: FieldRule, value: object) -> str:
    text = "".join(sign for sign in str(value).strip() if sign in "\n\t" or _is_kept(sign))
    if len(text) > rule.most:
        raise WriteRefused(
            f"“{rule.name_en}” has {len(text)} characters; at most {rule.most} are kept. Shorten it.",
            f"“{rule.name}”有 {len(text)} 字，最多 {rule.most} 字。请删减。",
            code="length",
            length=len(text),
        )
    if mentions_identity(text):
        raise WriteRefused(
            f"“{rule.name_en}” holds what looks like an ID number, telephone number or e-mail. Personal data are not kept: "
            "remove it.",
            f"“{rule.name}”中疑似含身份证号、手机号或邮箱。本系统不保存个人信息，请删除后再提交。",
            code="identity",
        )
    return text


def _is_kept(sign: str) -> bool:
    """Return whether a store and every file that is written from it can hold a sign: no control, half or non-character."""
    return unicodedata.category(sign) not in ("Cc", "Cs") and sign not in "\ufffe\uffff"


def _document(rule: FieldRule, value: object) -> str:
    """Return what the program keeps for itself as it is: it was made of texts that were checked when they came in."""
    text = str(value)
    if len(text) > rule.most:
        raise WriteRefused(
            f"“{rule.name_en}” has {len(text)} characters; at most {rule.most} are kept.",
            f"“{rule.name}”有 {len(text)} 个字符，最多保存 {rule.most} 个。",
            code="length",
            length=len(text),
        )
    return text


def _date(rule: FieldRule, value: object) -> date:
    settings = ledger_settings()
    try:
        day = value if isinstance(value, date) else date.fromisoformat(str(value))
    except ValueError as error:
        raise WriteRefused(
            f"“{rule.name_en}”: {str(value)[:40]!r} is not a date. Write it as 2025-03-31.",
            f"“{rule.name}”：“{str(value)[:40]}”不是日期，请写成 2025-03-31。",
            code="date",
        ) from error
    day = date(day.year, day.month, day.day)
    this_year = date.today().year
    if not this_year - settings.years_back <= day.year <= this_year + settings.years_ahead:
        raise WriteRefused(
            f"“{rule.name_en}”: {day} lies more than {settings.years_ahead} years away. Check the year.",
            f"“{rule.name}”：{day} 距今超过 {settings.years_ahead} 年，请核对年份。",
            code="date",
        )
    return day


def _number(rule: FieldRule, value: object) -> float:
    try:
        number = float(str(value).replace(",", "").replace(",", ""))
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise WriteRefused(
            f"“{rule.name_en}”: {str(value)[:40]!r} is not a number.",
            f"“{rule.name}”：“{str(value)[:40]}”不是数字。",
            code="number",
        )
    return number
