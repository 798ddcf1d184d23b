"""Turn the file's cells into a column of the target: constants, templates, dates, numbers, code lists."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from datetime import date, timedelta
from string import Formatter

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from data_access.errors import ImportRefused
from data_access.importing.mapping import ColumnRule
from data_access.importing.moments import names_no_day, on_the_clock, times_of
from data_access.importing.problems import Problems
from data_access.importing.settings import code_list, import_settings

FIRST_YEAR = 1900
FUTURE_COLUMNS = {"due_at", "due_on", "period_start", "look_back_due_on"}
"""Times that may lie ahead."""
_INVISIBLE = "[\ufeff\u200b\u200c\u200d\u2060\u00ad]"
"""Byte order marks and joiners that copying leaves behind: they are no part of a word."""
_UNTIDY = r"[\x1c-\x1f\t-\r\x{85}\x{a0}\x{ad}\x{1680}\x{2000}-\x{200d}\x{2028}\x{2029}\x{202f}\x{205f}\x{2060}\x{3000}\x{feff}]|  |^ | $"
"""What :data:`_INVISIBLE`, ``\\s+`` and trimming change, in the words of Arrow's regular expressions."""
_CONTROL = r"[\x00-\x08\x0e-\x1f\x7f]"
_ERROR = r"^\s*#(N/A|NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|SPILL!|CALC!|GETTING_DATA)\s*$"
"""What spreadsheets show in place of a result."""
_POWER = r"^-?\d(\.\d+)?[eE]\+\d\d+$"
"""What they show of a number with more digits than they keep."""
_IDS = ("_id", "_code", "_no", "merged_into")
"""Ends of the names of columns that point to a thing: full-width signs are the same thing."""
_DAY_NUMBER = r"^[2-6]\d{4}(\.\d+)?$"
"""A day as spreadsheets count them, from 1954 to 2091."""
LARGEST = 2**31 - 1
_LARGEST_EXACT = 2.0**53
"""Above it a float is no exact count of anything."""


def required_columns(rule: ColumnRule) -> list[str]:
    """Return the file's columns that a rule reads, in the order in which it names them."""
    if rule.column is not None:
        return [rule.column]
    if rule.first_of is not None:
        return list(rule.first_of)
    if rule.template is not None:
        return [name for _, name, _, _ in Formatter().parse(rule.template) if name]
    return []


def origin(rule: ColumnRule, name: str) -> str:
    """Return what a message calls the column ``name`` of the target: the file's column or columns that it is made of."""
    return "/".join(dict.fromkeys(required_columns(rule))) or name


def text_of(rows: pd.DataFrame, rule: ColumnRule) -> pd.Series:
    """Return a rule's cells as text, trimmed, missing where blank or one of the rule's blank words."""
    if rule.value is not None:
        return pd.Series(str(rule.value), index=rows.index, dtype="str")
    if rule.first_of is not None:
        text = _blanked(as_text(rows[rule.first_of[0]]), rule)
        for name in rule.first_of[1:]:
            text = text.fillna(_blanked(as_text(rows[name]), rule))
    elif rule.column is not None:
        text = as_text(rows[rule.column])
    else:
        text = _templated(rows, str(rule.template))
    text = _blanked(text, rule)
    if rule.extract is None:
        return text
    return _blanked(text.str.extract(rule.extract, expand=False), rule)


def _blanked(text: pd.Series, rule: ColumnRule) -> pd.Series:
    """Return text trimmed, with no line breaks in it, missing where it says nothing."""
    untidy = _matches(text, _UNTIDY)
    if untidy.any():
        tidied = text[untidy].str.replace(_INVISIBLE, "", regex=True).str.replace(r"\s+", " ", regex=True).str.strip()
        text = text.copy()
        text[untidy] = tidied
    return text.mask(text.isin(["", *rule.blank]))


def _matches(text: pd.Series, pattern: str, sign: str = "") -> np.ndarray:
    """Return which cells match a pattern of Arrow's, which looks at many cells at once; missing ones don't.

    No cell can match a pattern that asks for a ``sign`` that none of them holds, which is quicker to find out.
    """
    cells = _arrow(text)
    if sign and not pc.any(pc.match_substring(cells, sign)).as_py():
        return np.zeros(len(text), bool)
    return pc.match_substring_regex(cells, pattern).fill_null(False).to_numpy(zero_copy_only=False)


def _arrow(text: pd.Series) -> pa.Array:
    return pa.array(text, type=pa.string(), from_pandas=True)


def noted_text(rows: pd.DataFrame, rule: ColumnRule, name: str, problems: Problems) -> pd.Series:
    """Return a rule's cells as text, noting those that lack what ``extract`` looks for."""
    text = text_of(rows, rule)
    for cells in _read_cells(rows, rule):
        problems.add(
            pd.Series(_matches(cells, _ERROR, "#"), text.index) & text.notna(), "error_cell", origin(rule, name), cells
        )
    if rule.extract is not None:
        whole = text_of(rows, rule.model_copy(update={"extract": None}))
        problems.add(whole.notna() & text.isna(), "not_extracted", origin(rule, name), whole)
    return text


def _read_cells(rows: pd.DataFrame, rule: ColumnRule) -> list[pd.Series]:
    """Return the cells of text that a rule is made of."""
    return [rows[name] for name in required_columns(rule) if pd.api.types.is_string_dtype(rows[name])]


def plain_text(text: pd.Series) -> pd.Series:
    """Return text without case, accents, spaces and punctuation; "&" is "and"."""
    names = text.dropna().unique()
    return text.map({name: _plain(str(name)) for name in names})


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.replace("&", " and ")).casefold()
    return "".join(character for character in folded if character.isalnum())


def column_of(rows: pd.DataFrame, name: str, rule: ColumnRule, column: sa.Column, problems: Problems) -> pd.Series:
    """Return the target's column ``name``, noting cells that can't be read."""
    kind = column.type
    if isinstance(kind, (sa.Date, sa.DateTime)):
        values = _times(rows, name, rule, problems)
        return values.dt.normalize() if isinstance(kind, sa.Date) and not isinstance(kind, sa.DateTime) else values
    if isinstance(kind, sa.Boolean):
        text = coded(noted_text(rows, rule, name, problems), rule, name, problems)
        truth = text.str.lower().map(_TRUTH)
        problems.add(truth.isna() & text.notna(), "unknown_code", origin(rule, name), text)
        return truth
    if isinstance(kind, (sa.Integer, sa.Float)):
        return _numbers(rows, name, rule, isinstance(kind, sa.Integer), not column.nullable, problems)
    text = coded(noted_text(rows, rule, name, problems), rule, name, problems)
    if not column.nullable and rule.value is None and not rule.optional:
        problems.add(text.isna(), "blank", origin(rule, name))
    for cells in _read_cells(rows, rule):
        problems.add(pd.Series(_matches(cells, _POWER, "+"), text.index), "power_of_ten", origin(rule, name), cells)
    if name.endswith(_IDS):
        text = half_width(text)
    problems.add(text.str.len() > import_settings().longest_text, "too_long", origin(rule, name), text)
    problems.add(pd.Series(_matches(text, _CONTROL), text.index), "control_character", origin(rule, name), text)
    return text if column.nullable else text.fillna("")


_TRUTH = {"1": True, "true": True, "是": True, "yes": True, "0": False, "false": False, "否": False, "no": False}


def coded(text: pd.Series, rule: ColumnRule, name: str, problems: Problems) -> pd.Series:
    """Return text with a rule's code list applied."""
    codes = rule.codes if rule.codes is not None else code_list(rule.code_list) if rule.code_list else None
    if codes is None:
        return text
    found = text.map(codes)
    lost = found.isna() & text.notna()
    if rule.otherwise is not None:
        return found.mask(lost, rule.otherwise)
    problems.add(lost, "unknown_code", origin(rule, name), text)
    return found


def as_text(cells: pd.Series) -> pd.Series:
    """Return cells as text; whole numbers without a decimal point, times in ISO form."""
    if pd.api.types.is_float_dtype(cells):
        whole = (cells.abs() <= _LARGEST_EXACT) & (cells == cells.round())
        whole = whole.fillna(False).astype(bool)
        text = cells.astype("str")
        return text.mask(whole, cells.where(whole).astype("Int64").astype("str"))
    if pd.api.types.is_datetime64_any_dtype(cells):
        cells = cells.dt.tz_localize(None) if getattr(cells.dtype, "tz", None) else cells
        return cells.dt.strftime("%Y-%m-%d %H:%M:%S").astype("str")
    return cells.astype("str")


def _templated(rows: pd.DataFrame, template: str) -> pd.Series:
    """Return the template filled row by row; missing where a cell is."""
    result = pd.Series("", index=rows.index, dtype="str")
    for literal, name, spec, _ in Formatter().parse(template):
        result = result + literal
        if name:
            cells = as_text(rows[name]).str.strip()
            result = result + _shaped(cells.mask(cells == ""), spec or "")
    return result


def _shaped(cells: pd.Series, spec: str) -> pd.Series:
    """Return cells padded, cut or hashed as a template asks."""
    for shape in spec.split("|") if spec else ():
        cells = _shaped_once(cells, shape.strip())
    return cells


def _shaped_once(cells: pd.Series, shape: str) -> pd.Series:
    found = re.fullmatch(r"0(?P<d>\d+)d?|0>(?P<left>\d+)|0<(?P<right>\d+)|(?P<word>[a-z]+)(?P<n>\d*)", shape)
    if found is not None:
        width = int(next((found[name] for name in ("d", "left", "right", "n") if found[name]), 0))
        if found["d"] or found["left"]:
            return cells.str.removesuffix(".0").str.zfill(width)
        if found["right"]:
            return cells.str.removesuffix(".0").str.ljust(width, "0")
        if found["word"] == "first" and width:
            return cells.str[:width]
        if found["word"] == "last" and width:
            return cells.str[-width:]
        if found["word"] == "digits" and not width:
            return cells.str.replace(r"\D", "", regex=True)
        if found["word"] == "plain" and not width:
            return plain_text(cells)
        if found["word"] == "hash" and 4 <= width <= 12:
            plain = plain_text(cells)
            return plain.map({name: _digits_of(name, width) for name in plain.dropna().unique()})
    raise ImportRefused(
        f"Template format {shape!r} is not known; use 05d, 0>5, 0<12, first5, last3, digits, plain or hash8.",
        f"模板格式“{shape}”无法识别，可用 05d、0>5、0<12、first5、last3、digits、plain、hash8。",
    )


def _digits_of(text: str, width: int) -> str:
    """Return ``width`` digits that stand for ``text``, the same on every machine and at every import."""
    return f"{int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], 'big') % 10**width:0{width}d}"


def _times(rows: pd.DataFrame, name: str, rule: ColumnRule, problems: Problems) -> pd.Series:
    source = rows[rule.column] if rule.column is not None else None
    if source is not None and pd.api.types.is_datetime64_any_dtype(source):
        text = source.astype("str")
        times, unplaced = on_the_clock(source, rule.time_zone)
    else:
        text = coded(noted_text(rows, rule, name, problems), rule, name, problems)
        text = half_width(text)
        times, unplaced = times_of(text, rule.dates, rule.time_zone)
        unread = times.isna() & text.notna() & ~unplaced
        problems.add(unread & names_no_day(text.where(unread)), "no_such_day", origin(rule, name), text)
        problems.add(unread & _matches(text, _DAY_NUMBER), "day_number", origin(rule, name), text)
        problems.add(unread, "not_a_date", origin(rule, name), text)
    problems.add(unplaced, "no_time_zone", origin(rule, name), text)
    latest = pd.Timestamp(date.today() + timedelta(days=1))
    early = times.dt.year < FIRST_YEAR
    late = (times > latest) & (name not in FUTURE_COLUMNS)
    problems.add(early | late, "impossible_date", origin(rule, name), text)
    if not rule.optional and rule.value is None:
        problems.add(text.isna(), "blank", origin(rule, name))
    return times


def half_width(text: pd.Series) -> pd.Series:
    """Return text with full-width digits and signs as ordinary ones."""
    wide = ~pc.string_is_ascii(_arrow(text)).fill_null(True).to_numpy(zero_copy_only=False)
    return text.mask(wide, text.where(wide).str.normalize("NFKC")) if wide.any() else text


def numbers_of(text: pd.Series, decimal: str) -> pd.Series:
    """Return text as numbers, missing where it is none; ``1,234.5`` and, with ``,`` as decimal sign, ``1.234,5`` are."""
    text = half_width(text)
    grouping, sign = (r"\.", ",") if decimal == "," else (",", r"\.")
    grouped = _matches(text, rf"^[+-]?\d{{1,3}}(?:{grouping}\d{{3}})+(?:{sign}\d*)?$")
    if grouped.any():
        text = text.mask(grouped, text.str.replace(grouping, "", regex=True))
    text = text.mask(_matches(text, grouping))
    text = text.str.replace(",", ".", regex=False) if decimal == "," else text
    numbers = pd.to_numeric(text, errors="coerce").astype(float)
    return numbers.where(np.isfinite(numbers))


def _numbers(
    rows: pd.DataFrame, name: str, rule: ColumnRule, whole: bool, needed: bool, problems: Problems
) -> pd.Series:
    text = coded(noted_text(rows, rule, name, problems), rule, name, problems)
    numbers = numbers_of(text, rule.decimal)
    problems.add(numbers.isna() & text.notna(), "not_a_number", origin(rule, name), text)
    problems.add(numbers < 0, "negative", origin(rule, name), text)
    if needed and rule.optional:
        numbers = numbers.mask(text.isna(), 0.0)
    elif needed:
        problems.add(text.isna(), "blank", origin(rule, name))
    if whole:
        problems.add(numbers > LARGEST, "too_large", origin(rule, name), text)
        numbers = numbers.where(numbers <= LARGEST)
        problems.add(numbers.notna() & (numbers != np.floor(numbers)), "not_whole", origin(rule, name), text)
        return numbers.round().astype("Int64")
    return numbers
