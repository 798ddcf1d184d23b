"""The mapping file: which column of which file is what, validated before a row is read."""

from __future__ import annotations

import difflib
import fnmatch
import hashlib
import re
import tomllib
from itertools import accumulate
from pathlib import Path
from string import Formatter
from typing import Literal
from zoneinfo import available_timezones

import pandas as pd
import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails

from data_access import schema
from data_access.errors import ConfigError

PLACES = ("region", "region_geometry")
"""Tables that come first, so that the rows of the others can be placed."""
DIMENSIONS = (*PLACES, "population")
TARGETS = (*DIMENSIONS, *(table.name for table in schema.FACT_TABLES))


QUARANTINE_NAME = re.compile(r"(?P<file>.+)\.refused-(?P<target>\d+)(?P<reason>-\w+)?\.(?P<ending>csv|xlsx)")
"""Name of a file of refused rows: the file they come from, and the number of its target; an office may save it as a workbook."""


def quarantine_name(file: str, target: int, reason: str = "") -> str:
    """Return the name of the file that keeps the refused rows of ``file`` for its target of that number."""
    return f"{file}.refused-{target}{f'-{reason}' if reason else ''}.csv"


class Mistake(ValueError):
    """What is wrong with a mapping, in both languages."""

    def __init__(self, english: str, chinese: str) -> None:
        super().__init__(english)
        self.chinese = chinese


def pattern(text: str) -> re.Pattern[str]:
    """Return ``text`` as a pattern, or say what is wrong with it."""
    try:
        return re.compile(text)
    except re.error as error:
        raise Mistake(f"{text!r} is not a pattern: {error}", f"“{text}”不是正则表达式：{error}") from error


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ColumnRule(_Part):
    """Where one column of the target comes from: a constant, a column, the first filled one, or a template over columns.

    Parameters
    ----------
    value : str, int, float or bool
        The same for every row.
    column : str
        A column of the file.
    first_of : tuple of str
        Columns of which the first filled one counts.
    template : str
        Text with column names in braces, e.g. ``"{state}-{year}"``. After a colon the cell is shaped, by ``05d`` or
        ``0>5`` (padded with zeros on the left), ``0<12`` (on the right), ``first5``, ``last3``, ``digits`` (digits only),
        ``plain`` (case, accents, spaces and punctuation don't count) or ``hash8`` (eight digits made of the plain text);
        several are joined by ``|``.
    extract : str
        Pattern with one group: the part of the text that counts. Text without it is refused.
    dates : tuple of str
        Formats to try in turn (``%Y-%m-%d`` …, ``epoch_ms``, ``epoch_s``, ``excel_serial``); year-month-day is always read, as is
        2024/3/5 and 2024年3月5日.
    codes : mapping
        Code list from the file's words to ours; ``code_list`` names one of config/classes.toml instead.
    otherwise : str
        What a word that is not in the code list becomes; without it the row is refused.
    blank : tuple of str
        Words that mean "not known".
    decimal : str
        Sign between whole and fraction of a number.
    time_zone : str
        Where the clock hangs that days are counted by, e.g. ``Asia/Shanghai``; times with an offset are moved to it.
    optional : bool
        A blank cell is left empty instead of being refused.
    """

    value: str | int | float | bool | None = None
    column: str | None = None
    first_of: tuple[str, ...] | None = Field(default=None, min_length=1)
    template: str | None = None
    extract: str | None = None
    dates: tuple[str, ...] = ()
    codes: dict[str, str] | None = None
    code_list: str | None = None
    otherwise: str | None = None
    blank: tuple[str, ...] = ()
    decimal: Literal[".", ","] = "."
    time_zone: str | None = None
    optional: bool = False

    @model_validator(mode="after")
    def _one_origin(self) -> ColumnRule:
        if sum(origin is not None for origin in (self.value, self.column, self.first_of, self.template)) != 1:
            raise Mistake(
                "give exactly one of value, column, first_of, template",
                "value、column、first_of、template 须且只能写一个",
            )
        if self.extract is not None and pattern(self.extract).groups != 1:
            raise Mistake(
                f"extract = {self.extract!r} needs exactly one group in parentheses",
                f"extract =“{self.extract}”须恰有一个括号分组",
            )
        try:
            list(Formatter().parse(self.template or ""))
        except ValueError as error:
            raise Mistake(
                f"template = {self.template!r} can't be read: {error}", f"template =“{self.template}”写法有误：{error}"
            ) from error
        for written in self.dates:
            try:
                pd.to_datetime("", format=written, errors="coerce")
            except ValueError as error:
                raise Mistake(f"dates: {error}", f"dates 中的“{written}”不是日期格式") from error
        if self.codes is not None and self.code_list is not None:
            raise Mistake("give codes or code_list, not both", "codes 与 code_list 只能写一个")
        if self.time_zone is not None and self.time_zone not in available_timezones():
            raise Mistake(
                f"time_zone = {self.time_zone!r} is not known; write one like 'Asia/Shanghai'",
                f"time_zone =“{self.time_zone}”无法识别，请按“Asia/Shanghai”这样的写法填写",
            )
        return self


class PointRule(_Part):
    """Where a row lies: columns with coordinates in a declared system; ``geometry.x`` and ``geometry.y`` of point files."""

    lon: str
    lat: str
    crs: str = Field(description="EPSG:number, GCJ-02 or BD-09")
    decimal: Literal[".", ","] = "."
    useless: tuple[tuple[float, float], ...] = Field(default=(), description="lon/lat pairs that mean nothing")


class RegionRule(_Part):
    """How a row finds its region: by code, else by name, else by point, else as ``otherwise`` says."""

    code: ColumnRule | None = None
    name: ColumnRule | None = None
    parent: ColumnRule | None = Field(default=None, description="code or name of the region that the name lies in")
    depth: int | None = Field(default=None, description="look for names at this depth only")
    point: PointRule | None = None
    otherwise: Literal["refuse", "root"] = "refuse"


class Melt(_Part):
    """Columns that hold one period each: ``pattern`` has named groups, the cell goes to column ``melted``."""

    pattern: str

    @model_validator(mode="after")
    def _is_a_pattern(self) -> Melt:
        pattern(self.pattern)
        return self


class Where(_Part):
    """Rows that the target takes; others are left out and counted."""

    column: str
    one_of: tuple[str, ...] | None = None
    none_of: tuple[str, ...] | None = None
    known: bool | None = Field(
        default=None, description="only rows where the cell is filled, or only where it is blank"
    )


class Target(_Part):
    """One table that rows of the file go to."""

    table: str
    source: str
    columns: dict[str, ColumnRule]
    region: RegionRule | None = None
    geometry: bool = False
    melt: Melt | None = None
    where: tuple[Where, ...] = ()
    repeated: Literal["refuse", "last", "sum"] = Field(
        default="refuse", description="rows of one id that differ: refuse, keep the last, or add up sum_column"
    )
    sum_column: str | None = None
    copies: Literal["join", "drop"] = Field(
        default="join",
        description="with repeated = 'sum': rows alike in every column of the file are added, or dropped",
    )
    absent: Literal["unknown", "zero"] = Field(
        default="unknown", description="of counts: what a region's missing period within the file's span means"
    )
    expect_rows: int | None = None
    expect_sum: dict[str, float] = {}

    @model_validator(mode="after")
    def _fits_the_table(self) -> Target:
        if self.table not in TARGETS:
            raise Mistake(
                f"there is no table {self.table!r} to import to; use one of {', '.join(TARGETS)}",
                f"没有可导入的表“{self.table}”，可用：{'、'.join(TARGETS)}",
            )
        table = schema.metadata.tables[self.table]
        unknown = [name for name in self.columns if name not in table.columns]
        if unknown:
            has = [column.name for column in table.columns]
            raise Mistake(
                f"table {self.table!r} has no columns {unknown}; it has {', '.join(has)}",
                f"表“{self.table}”没有列 {'、'.join(unknown)}，现有：{'、'.join(has)}",
            )
        given = {*self.columns, "source"}
        given |= {"region_code", "lon", "lat"} if self.region else set()
        given |= {"wkb"} if self.geometry else set()
        given |= {"level", "name_en"} if self.table == "region" else set()  # by depth, and as the name
        given |= _DEFAULTS.get(self.table, {}).keys()
        missing = [column.name for column in table.columns if not column.nullable and column.name not in given]
        if missing:
            raise Mistake(
                f"table {self.table!r} also needs {missing}", f"表“{self.table}”还须给出 {'、'.join(missing)}"
            )
        for name, rule in self.columns.items():
            number = isinstance(table.c[name].type, (sa.Integer, sa.Float)) and not table.c[name].nullable
            if rule.optional and number and name not in _DEFAULTS.get(self.table, {}):
                raise Mistake(
                    f"{name} can't be optional: not known is not zero; leave such rows out by where",
                    f"{name} 不可为 optional：未知不等于零，请用 where 排除这些行",
                )
        if self.absent == "zero" and self.table != "reported_count":
            raise Mistake("absent = 'zero' goes with reported_count", "absent = 'zero' 只用于 reported_count")
        if (self.repeated == "sum") != (self.sum_column is not None):
            raise Mistake("repeated = 'sum' and sum_column go together", "repeated = 'sum' 须与 sum_column 同时写明")
        if self.adds_up and self.table in PLACES:
            raise Mistake("regions and their shapes can't be added up", "区划及其边界不能相加，repeated 不可为 sum")
        return self

    @property
    def adds_up(self) -> bool:
        """Whether rows of one id are parts of one amount."""
        return self.repeated == "sum"

    @property
    def defaults(self) -> dict[str, str | int | None]:
        """Values of columns the mapping need not give."""
        return {key: value for key, value in _DEFAULTS.get(self.table, {}).items() if key not in self.columns}


_DEFAULTS: dict[str, dict[str, str | int | None]] = {
    "incident": {"date_grain": "day", "class_code": "", "victims": 0},
    "dispute": {"subclass_code": "", "risk_colour": "", "transfers": 0},
    "reported_count": {"class_code": "", "channel": ""},
    "case_package": {"review_returns": 0},
    "pilot_site": {"adopted_townships": 0, "field_visits": 0},
    "alarm_response": {"due_at": None},
}


class FileRule(_Part):
    """Files of one shape and what they hold."""

    match: str = Field(description="pattern of the file's name")
    format: Literal["csv", "tsv", "xlsx", "parquet", "vector"] | None = Field(
        default=None, description="by the name's ending when not given"
    )
    encoding: str | None = None
    delimiter: str | None = Field(default=None, min_length=1, max_length=1, description="between cells of a text file")
    skip_rows: int = Field(default=0, ge=0, description="rows above the heading")
    heading_rows: int = Field(
        default=1, ge=1, le=4, description="rows of the heading; a blank cell of an upper one takes that to its left"
    )
    sheet: str | None = Field(default=None, description="of a workbook, or layer of a map file; the first by default")
    wkt: str | None = Field(default=None, description="column that holds the geometry as text")
    crs: str | None = Field(default=None, description="of the file's geometry: EPSG:number, GCJ-02 or BD-09")
    drop: tuple[str, ...] = ()
    fill_down: tuple[str, ...] = Field(
        default=(), description="columns whose blank cell means that of the row above, as merged cells come out"
    )
    optional: bool = Field(default=False, description="`build` goes on without a file of this kind")
    derived: dict[str, ColumnRule] = Field(default={}, description="columns made of others, for all targets, in order")
    target: tuple[Target, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _geometry_has_crs(self) -> FileRule:
        if any(target.geometry for target in self.target) and self.crs is None:
            raise Mistake(
                "geometry needs crs (EPSG:number, GCJ-02 or BD-09): write which system the file is in",
                "导入几何图形须写明 crs（EPSG:编号、GCJ-02 或 BD-09），即文件所用的坐标系",
            )
        return self


class LevelRule(_Part):
    """One step of the drill path."""

    depth: int = Field(ge=0, le=3)
    name: str
    name_en: str
    digits: int = Field(ge=1, le=15)


class RootRule(_Part):
    """A region that no file has; its shape is the union of its children's."""

    code: str = Field(pattern=r"^\d{12}$")
    name: str
    name_en: str


class Mapping(_Part):
    """A whole mapping file."""

    name: str
    dataset: dict[str, str] = {}
    level: tuple[LevelRule, ...] = ()
    root: RootRule | None = None
    file: tuple[FileRule, ...]

    @model_validator(mode="after")
    def _names_its_own_sources(self) -> Mapping:
        sources = {target.source for rule in self.file for target in rule.target} | {self.name}
        for key in self.dataset:
            kind, _, name = key.partition(":")
            if kind == "source" and name not in sources:
                raise Mistake(
                    f"dataset names the source {name!r}, but the sources are {', '.join(sorted(sources))}",
                    f"dataset 写有来源“{name}”，但来源只有 {'、'.join(sorted(sources))}",
                )
        return self

    @model_validator(mode="after")
    def _says_once_what_a_sheet_is(self) -> Mapping:
        pairs = [(rule.match, rule.sheet) for rule in self.file]
        for match, sheet in pairs:
            if pairs.count((match, sheet)) > 1:
                raise Mistake(
                    f"two [[file]] have match = {match!r} and sheet = {sheet!r}; give each its own sheet",
                    f"有两个 [[file]] 的 match 同为“{match}”、sheet 同为“{sheet or ''}”，请各写不同的 sheet",
                )
        return self

    def rules_for(self, path: Path) -> list[tuple[FileRule, int]]:
        """Return the rules for a file, one a sheet or layer, each with the number of its first target within the file.

        They are those of the first pattern that fits its name; of a file of refused rows, the rule that those rows had.
        """
        refused = QUARANTINE_NAME.fullmatch(path.name)
        for rule, first in self._fitting(refused["file"]) if refused is not None else ():
            number = int(refused["target"]) - first if refused is not None else 0
            if 0 <= number < len(rule.target):
                plain = {
                    "format": None,
                    "encoding": None,
                    "delimiter": None,
                    "skip_rows": 0,
                    "heading_rows": 1,
                    "sheet": None,
                    "fill_down": (),
                }
                return [(rule.model_copy(update={**plain, "target": (rule.target[number],)}), 0)]
        return self._fitting(path.name)

    def _fitting(self, name: str) -> list[tuple[FileRule, int]]:
        match = next((rule.match for rule in self.file if fnmatch.fnmatch(name, rule.match)), None)
        rules = [rule for rule in self.file if rule.match == match]
        firsts = accumulate((len(rule.target) for rule in rules), initial=0)
        return list(zip(rules, firsts, strict=False))


def load_mapping(path: Path) -> tuple[Mapping, str]:
    """Return the mapping of ``path`` and its digest.

    Raises
    ------
    ConfigError
        Naming the file, the key, what was found and what is wrong with it.
    """
    try:
        content = path.read_bytes()
        raw = tomllib.loads(content.decode("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        place = re.search(r"line (\d+), column (\d+)", str(error))
        chinese = f"第 {place[1]} 行第 {place[2]} 列不符合 TOML 写法" if place else str(error)
        raise ConfigError(
            f"Mapping {path.name} can't be read: {error}. Correct it and try again.",
            f"映射文件 {path.name} 无法读取：{chinese}。请更正后重试。",
            file=path.name,
        ) from error
    try:
        return Mapping.model_validate(raw), hashlib.sha256(content).hexdigest()
    except ValidationError as error:
        mistakes = _mistakes(error)
        raise ConfigError(
            f"Mapping {path.name}: {'; '.join(english for english, _ in mistakes)}. Correct these keys.",
            f"映射文件 {path.name}：{'；'.join(chinese for _, chinese in mistakes)}。请更正这些键。",
            file=path.name,
        ) from error


_MISTAKES = {
    "missing": ("is missing", "缺少此键"),
    "extra_forbidden": ("is no key here", "不是此处可用的键"),
    "string_type": ("should be text in quotes", "应为加引号的文字"),
    "int_type": ("should be a whole number", "应为整数"),
    "int_parsing": ("should be a whole number", "应为整数"),
    "int_from_float": ("should be a whole number", "应为整数"),
    "float_type": ("should be a number", "应为数字"),
    "float_parsing": ("should be a number", "应为数字"),
    "bool_type": ("should be true or false", "应为 true 或 false"),
    "bool_parsing": ("should be true or false", "应为 true 或 false"),
    "tuple_type": ('should be a list in brackets, as [[file]] or ["…"]', '应为方括号列表，如 [[file]] 或 ["…"]'),
    "dict_type": ("should be a table of keys", "应为若干键组成的表"),
    "model_type": ("should be a table of keys", "应为若干键组成的表"),
    "literal_error": ("should be {expected}", "应为 {expected}"),
    "less_than_equal": ("should be at most {le}", "不应大于 {le}"),
    "greater_than_equal": ("should be at least {ge}", "不应小于 {ge}"),
    "too_short": ("has nothing in it", "内容为空"),
    "string_pattern_mismatch": ("should look like {pattern}", "应符合 {pattern}"),
}
"""What the validator calls a mistake → the same in plain words."""


def _mistakes(error: ValidationError) -> list[tuple[str, str]]:
    """Return each mistake in English and Chinese; lists that are empty because of a mistake within are none of their own."""
    found = error.errors()
    places = [item["loc"] for item in found]
    return [
        _in_words(item)
        for item in found
        if item["type"] != "too_short" or not any(place[: len(item["loc"])] == item["loc"] != place for place in places)
    ]


def _in_words(item: ErrorDetails) -> tuple[str, str]:
    """Return where a mistake is (``file[1]`` is the first ``[[file]]``), what it is, what was found or may be meant."""
    place = "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in item["loc"]).lstrip(".")
    reason = item.get("ctx", {}).get("error")
    if isinstance(reason, Mistake):
        english, chinese = str(reason), reason.chinese
    else:
        words = _MISTAKES.get(item["type"], (item["msg"], item["msg"]))
        expected = str(item.get("ctx", {}).get("expected", "")).replace(" or ", ", ")
        english, chinese = (text.format(**{**item.get("ctx", {}), "expected": expected}) for text in words)
    if item["type"] == "extra_forbidden":
        known = {name for part in _Part.__subclasses__() for name in part.model_fields}
        for meant in difflib.get_close_matches(str(item["loc"][-1]), sorted(known), 1):
            english, chinese = f"{english} ({meant}?)", f"{chinese}（是否应为 {meant}）"
    elif item["type"] == "missing" and item["loc"][-1] == "crs":
        english += ": write EPSG:number, GCJ-02 or BD-09"
        chinese += "（坐标系）：请写明 EPSG:编号、GCJ-02 或 BD-09"
    elif isinstance(item["input"], (str, int, float)) and not isinstance(reason, Mistake):
        english, chinese = f"{english}, not {item['input']!r}", f"{chinese}，现为“{item['input']}”"
    return f"{place}: {english}".removeprefix(": "), f"{place}：{chinese}".removeprefix("：")
