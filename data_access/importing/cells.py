"""Turn the file's cells into a column of the target: constants, templates, dates, numbers, code lists."""

from __future__ import annotations

import re
from datetime import date, timedelta
from string import Formatter

import numpy as np
import pandas as pd
import sqlalchemy as sa

from data_access.errors import ImportRefused
from data_access.importing.mapping import ColumnRule
from data_access.importing.problems import Problems
from data_access.importing.settings import code_list

FIRST_YEAR = 1900
FUTURE_COLUMNS = {"due_at", "due_on", "period_start", "look_back_due_on"}
"""Times that may lie ahead."""
_ISO = ("%Y-%m-%d", "%Y-%m-%d %H:%M:%S")


def required_columns(rule: ColumnRule) -> set[str]:
    """Return the file's columns that a rule reads."""
    if rule.column is not None:
        return {rule.column}
    if rule.template is not None:
        return {name for _, name, _, _ in Formatter().parse(rule.template) if name}
    return set()


def text_of(rows: pd.DataFrame, rule: ColumnRule) -> pd.Series:
    """Return a rule's cells as text, trimmed, missing where blank or one of the rule's blank words."""
    if rule.value is not None:
        return pd.Series(str(rule.value), index=rows.index, dtype="str")
    text = _as_text(rows[rule.column]) if rule.column is not None else _templated(rows, str(rule.template))
    text = text.str.strip()
    return text.mask(text.isin(["", *rule.blank]))


def column_of(rows: pd.DataFrame, name: str, rule: ColumnRule, column: sa.Column, problems: Problems) -> pd.Series:
    """Return the target's column ``name``, noting cells that can't be read."""
    kind = column.type
    if isinstance(kind, (sa.Date, sa.DateTime)):
        values = _times(rows, name, rule, problems)
        return values.dt.normalize() if isinstance(kind, sa.Date) and not isinstance(kind, sa.DateTime) else values
    if isinstance(kind, sa.Boolean):
        text = text_of(rows, rule)
        return text.str.lower().map(
            {"1": True, "true": True, "是": True, "yes": True, "0": False, "false": False, "否": False, "no": False}
        )
    if isinstance(kind, (sa.Integer, sa.Float)):
        return _numbers(rows, name, rule, isinstance(kind, sa.Integer), not column.nullable, problems)
    text = coded(text_of(rows, rule), rule, name, problems)
    if not column.nullable and rule.value is None and not rule.optional:
        problems.add(text.isna(), "blank", rule.column or name)
    return text if column.nullable else text.fillna("")


def coded(text: pd.Series, rule: ColumnRule, name: str, problems: Problems) -> pd.Series:
    """Return text with a rule's code list applied."""
    codes = rule.codes if rule.codes is not None else code_list(rule.code_list) if rule.code_list else None
    if codes is None:
        return text
    found = text.map(codes)
    lost = found.isna() & text.notna()
    if rule.otherwise is not None:
        return found.mask(lost, rule.otherwise)
    problems.add(lost, "unknown_code", rule.column or name, text)
    return found


def _as_text(cells: pd.Series) -> pd.Series:
    if pd.api.types.is_float_dtype(cells):
        whole = cells.notna() & (cells == cells.round())
        text = cells.astype("str")
        return text.mask(whole, cells.where(whole).astype("Int64").astype("str"))
    if pd.api.types.is_datetime64_any_dtype(cells):
        return cells.dt.strftime("%Y-%m-%d %H:%M:%S").astype("str")
    return cells.astype("str")


def _templated(rows: pd.DataFrame, template: str) -> pd.Series:
    """Return the template filled row by row; missing where a cell is."""
    result = pd.Series("", index=rows.index, dtype="str")
    for literal, name, spec, _ in Formatter().parse(template):
        result = result + literal
        if name:
            cells = _as_text(rows[name]).str.strip()
            result = result + _padded(cells.mask(cells == ""), spec or "")
    return result


def _padded(cells: pd.Series, spec: str) -> pd.Series:
    if not spec:
        return cells
    width = re.fullmatch(r"0(\d+)d?", spec)
    if width is None:
        raise ImportRefused(
            f"Template format {spec!r} is not known; use zero padding such as {{number:05d}}.",
            f"模板格式“{spec}”无法识别,请用补零写法,如 {{number:05d}}。",
        )
    return cells.str.removesuffix(".0").str.zfill(int(width[1]))


def _times(rows: pd.DataFrame, name: str, rule: ColumnRule, problems: Problems) -> pd.Series:
    source = rows[rule.column] if rule.column is not None else None
    if source is not None and pd.api.types.is_datetime64_any_dtype(source):
        times = source.dt.tz_localize(None) if getattr(source.dtype, "tz", None) else source
        text = times.astype("str")
    else:
        text = text_of(rows, rule)
        times = pd.Series(pd.NaT, index=rows.index, dtype="datetime64[us]")
        for pattern in rule.dates or _ISO:
            left = times.isna() & text.notna()
            if not left.any():
                break
            times = times.mask(left, _parsed(text.where(left), pattern))
        problems.add(times.isna() & text.notna(), "not_a_date", rule.column or name, text)
    latest = pd.Timestamp(date.today() + timedelta(days=1))
    early = times.dt.year < FIRST_YEAR
    late = (times > latest) & (name not in FUTURE_COLUMNS)
    problems.add(early | late, "impossible_date", rule.column or name, text)
    if not rule.optional and rule.value is None:
        problems.add(text.isna(), "blank", rule.column or name)
    return times


def _parsed(text: pd.Series, pattern: str) -> pd.Series:
    if pattern in ("epoch_ms", "epoch_s"):
        numbers = pd.to_numeric(text, errors="coerce")
        return pd.to_datetime(numbers, unit=pattern.removeprefix("epoch_"), errors="coerce").astype("datetime64[us]")
    return pd.to_datetime(text, format=pattern, errors="coerce").astype("datetime64[us]")


def _numbers(
    rows: pd.DataFrame, name: str, rule: ColumnRule, whole: bool, needed: bool, problems: Problems
) -> pd.Series:
    text = coded(text_of(rows, rule), rule, name, problems)
    numbers = pd.to_numeric(text.str.replace(",", "", regex=False), errors="coerce").astype(float)
    problems.add(numbers.isna() & text.notna(), "not_a_number", rule.column or name, text)
    problems.add(numbers < 0, "negative", rule.column or name, text)
    if needed and not rule.optional:
        problems.add(text.isna(), "blank", rule.column or name)
    if whole:
        problems.add(numbers.notna() & (numbers != np.floor(numbers)), "not_whole", rule.column or name, text)
        return numbers.round().astype("Int64")
    return numbers
