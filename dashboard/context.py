"""What the viewer looks at, read from the address and written back to it: region, period, language, theme, viewer."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from urllib.parse import quote_plus

import pandas as pd
import streamlit as st
from markupsafe import Markup

from dashboard.i18n import DEFAULT_LANGUAGE, LANGUAGES, localised, t
from dashboard.navigation import PAGES
from dashboard.periods import GRAINS, Grain, Period, PeriodError
from dashboard.settings import current_viewer, refuse_region, snapshot_reader, viewed_as
from dashboard.sign_in.accounts import Account
from data_access.access import Role, Scope
from data_access.errors import DataAccessError
from data_access.queries import SnapshotInfo

THEMES = ("light", "dark")
DEFAULT_THEME = "light"
LEVELS = ("city", "county", "township", "grid")
"""Canonical levels, outermost first."""

PARAMETERS = {
    "region": "region",
    "period": "period",
    "language": "lang",
    "theme": "theme",
}
"""Field of the context → its name in the address."""

PAGE_PARAMETERS = {entry.url_path: entry.parameters for entry in PAGES}
"""Page → names of its own parameters in the address."""

OWN_VALUE = re.compile(r"[A-Za-z0-9_.-]{1,64}")

ANY_REGION = "~region~"
"""Stands for a region's code in links that are drawn once for all regions; no code and no value of an address has a ~."""

_STATE = "pingan_context"
_quoted = lru_cache(maxsize=4096)(quote_plus)


@dataclass(frozen=True)
class Context:
    """One screen's point of view; every page link carries it."""

    region: str
    period: Period
    language: str
    theme: str
    viewer: Scope
    own: tuple[tuple[str, str], ...] = ()
    """Parameters of single pages as the address has them (name, value); see :meth:`own_value`."""

    def own_value(self, name: str, allowed: Collection[str], default: str) -> str:
        """Return a page's own parameter, or ``default`` when it is absent or not one of ``allowed``."""
        value = dict(self.own).get(name, default)
        return value if value in allowed else default

    def link(self, page: str | None = None, **changes: object) -> dict[str, str]:
        """Return the query parameters of an address that keeps this context but for ``changes``.

        Parameters
        ----------
        page : str, optional
            Url path of the page; a page keeps its own parameters (``PageEntry.parameters``).
        **changes
            Fields of the context, or a page's own parameters (e.g. ``indicator="homicide_rate"``); None drops one.
        """
        names = {PARAMETERS.get(name, name): value for name, value in changes.items()}
        kept = PAGE_PARAMETERS.get(page or "", ())
        own = {
            **{name: value for name, value in self.own if name in kept},
            "region": self.region,
            "period": str(self.period),
            "lang": self.language,
            "theme": self.theme,
        }
        return {name: str(value) for name, value in {**own, **names}.items() if value is not None}

    def href(self, page: str, **changes: object) -> str:
        """Return the relative address of ``page`` (its url path) with this context, for a plain link."""
        path = "" if page == "overview" else page
        query = "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in self.link(page, **changes).items())
        return f"./{path}?{query}"

    def hrefs(self, page: str, name: str, codes: Iterable[str], **changes: object) -> list[str]:
        """Return :meth:`href` for each of several regions, whose code is the parameter ``name``."""
        link = self.href(page, **{**changes, name: ANY_REGION})
        return [link.replace(ANY_REGION, quote_plus(code)) for code in codes]

    def at(self, region: str) -> Context:
        """Return the same view of another region."""
        return replace(self, region=region)

    def with_links_here(self, drawn: Markup) -> Markup:
        """Return what was drawn for ``ANY_REGION`` with its links leading to this view's region."""
        return drawn.replace(ANY_REGION, quote_plus(self.region))


@dataclass(frozen=True)
class Notice:
    """A sentence to show, kept as key and values so that no part of the address is repeated on screen."""

    key: str
    values: Mapping[str, str] = field(default_factory=dict)

    def text(self, language: str) -> str:
        """Return the sentence in ``language``."""
        return t(self.key, language, **self.values)


def read_context(
    parameters: Mapping[str, str],
    snapshot: SnapshotInfo,
    regions: pd.DataFrame,
    viewer: Scope,
    first_day: date,
) -> tuple[Context, tuple[Notice, ...]]:
    """Turn the parameters of an address into a context; what can't be used falls back, with a notice.

    Parameters
    ----------
    parameters : mapping of str
        Query parameters; names that are not the context's are ignored.
    snapshot : SnapshotInfo
    regions : DataFrame
        As :meth:`SnapshotReader.regions` returns it for ``viewer``.
    viewer : Scope
    first_day : date
        First day the data speak of.

    Returns
    -------
    context : Context
    notices : tuple of Notice
        One for each parameter that was given but can't be used; never repeats the given text.
    """
    notices: list[Notice] = []
    language = _one_of(parameters, "lang", LANGUAGES, DEFAULT_LANGUAGE, notices)
    theme = _one_of(parameters, "theme", THEMES, DEFAULT_THEME, notices)
    region = _region(parameters, regions, viewer, language, notices)
    period = _period(parameters, snapshot, first_day, language, notices)
    return Context(region, period, language, theme, viewer, _own(parameters)), tuple(notices)


def open_context(account: Account | None = None) -> tuple[Context, tuple[Notice, ...]]:
    """Read the context from the browser's address and write the corrected one back.

    Parameters
    ----------
    account : Account, optional
        Who is signed in, where that is known already.

    Raises
    ------
    NoSnapshotError, ConfigError, ScopeError
    """
    viewer = current_viewer(account)
    reader = snapshot_reader()
    snapshot = reader.snapshot()
    context, notices = read_context(
        st.query_params.to_dict(),
        snapshot,
        reader.regions(viewer),
        viewer,
        first_day(snapshot.snapshot_id, viewer),
    )
    asked = st.query_params.get("region")
    if (
        asked != context.region and viewed_as() is None
    ):  # what the address kept from before a change of role is no attempt
        refuse_region(viewer, asked)
    for name, value in context.link().items():
        if st.query_params.get_all(name) != [value]:
            st.query_params[name] = value
    st.session_state[_STATE] = context
    return context, notices


def current_context() -> Context:
    """Return the context of this run, as the entry script read it (or read it now, for a page run by itself)."""
    context = st.session_state.get(_STATE)
    return context if isinstance(context, Context) else open_context()[0]


def address_language() -> str:
    """Return the language the address asks for, without touching the data."""
    language = st.query_params.get("lang", DEFAULT_LANGUAGE)
    return language if language in LANGUAGES else DEFAULT_LANGUAGE


def address_theme() -> str:
    """Return the theme the address asks for, without touching the data."""
    theme = st.query_params.get("theme", DEFAULT_THEME)
    return theme if theme in THEMES else DEFAULT_THEME


@lru_cache(maxsize=16)
def first_day(snapshot_id: str, viewer: Scope) -> date:
    """Return the first day any measure of the snapshot speaks of; its last day's year when it holds no measure."""
    reader = snapshot_reader()
    coverage = reader.coverage(viewer)
    if coverage.empty:
        return date(reader.snapshot().data_through.year, 1, 1)
    return pd.Timestamp(coverage["first_day"].min()).date()


def default_period(snapshot: SnapshotInfo) -> Period:
    """Return the last complete period of the data set (its ``default_grain``, a quarter when not declared)."""
    declared = snapshot.dataset.get("default_grain", "quarter")
    grain: Grain = declared if declared in GRAINS else "quarter"  # type: ignore[assignment]
    return Period.last_complete(snapshot.data_through, grain)


def region_name(regions: pd.DataFrame, code: str, language: str) -> str:
    """Return the name of a region on screen."""
    name_en = regions.at[code, "name_en"] if language == "en" else None
    return localised(language, str(regions.at[code, "name"]), _text_or_none(name_en))


def role_name(role: Role, snapshot: SnapshotInfo, language: str) -> str:
    """Return what a role is called on screen: by the data set's own words for the levels, where it has that level."""
    return role.label(language, {level.level: level.label(language) for level in snapshot.levels if level.is_named})


def viewer_label(regions: pd.DataFrame, snapshot: SnapshotInfo, scope: Scope, language: str) -> str:
    """Return who looks, as screens and files name them: the role and its region."""
    role = role_name(scope.permissions, snapshot, language)
    return t("viewer.label", language, role=role, region=region_name(regions, scope.region_code, language))


def region_path(regions: pd.DataFrame, code: str) -> list[str]:
    """Return the codes from the outermost region down to ``code``."""
    path: list[str] = []
    step: str | None = code
    while isinstance(step, str) and step in regions.index and step not in path:
        path.insert(0, step)
        step = _text_or_none(regions.at[step, "parent_code"])
    return path


def reading_error(error: DataAccessError) -> str:
    """Return the sentence of an error in the language of the address."""
    return error.message(address_language())


def _text_or_none(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _own(parameters: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    names = {name for names in PAGE_PARAMETERS.values() for name in names}
    return tuple(
        (name, parameters[name]) for name in sorted(names & set(parameters)) if OWN_VALUE.fullmatch(parameters[name])
    )


def _one_of(
    parameters: Mapping[str, str],
    name: str,
    allowed: tuple[str, ...],
    default: str,
    notices: list[Notice],
) -> str:
    value = parameters.get(name, default)
    if value in allowed:
        return value
    notices.append(Notice("notice.lang_unknown" if name == "lang" else "notice.theme_unknown"))
    return default


def _region(
    parameters: Mapping[str, str],
    regions: pd.DataFrame,
    viewer: Scope,
    language: str,
    notices: list[Notice],
) -> str:
    code = parameters.get("region", viewer.region_code)
    finest = viewer.permissions.finest_level
    deepest = LEVELS.index(finest) if finest in LEVELS else len(LEVELS) - 1
    # A region that doesn't exist and one outside the viewer's reach get the same answer, so that neither is revealed.
    if code in regions.index and bool(regions.at[code, "in_scope"]):
        level = str(regions.at[code, "level"])
        if level not in LEVELS or LEVELS.index(level) <= deepest:
            return code
    notices.append(
        Notice(
            "notice.region_unknown",
            {"region": region_name(regions, viewer.region_code, language)},
        )
    )
    return viewer.region_code


def _period(
    parameters: Mapping[str, str],
    snapshot: SnapshotInfo,
    first: date,
    language: str,
    notices: list[Notice],
) -> Period:
    default = default_period(snapshot)
    text = parameters.get("period")
    if text is None:
        return default
    shown = {"period": default.label(language)}
    try:
        period = Period.parse(text)
    except PeriodError:
        notices.append(Notice("notice.period_malformed", shown))
        return default
    if period.end < first or period.start > snapshot.data_through:
        days = {"first": first.isoformat(), "last": snapshot.data_through.isoformat()}
        notices.append(Notice("notice.period_outside", {**shown, **days}))
        return default
    return period
