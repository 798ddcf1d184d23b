"""The pages of the cockpit: file, url path and title of each, in the order of the menu."""

from __future__ import annotations

from dataclasses import dataclass

from data_access.access import Role


@dataclass(frozen=True)
class PageEntry:
    """One page of the menu."""

    url_path: str
    file: str
    title_key: str
    group: str = "situation"
    """Where the menu lists it; pages of ``situation`` stand in the menu itself, the others under their group's name."""
    parameters: tuple[str, ...] = ()
    """Names of the page's own parameters in the address, kept by links that stay on the page."""
    screen: str = ""
    """``module:function`` that prepares the page from (reader, context); its ``tables`` are what the page offers for
    download and what ``python -m dashboard page`` gives."""
    permission: str = ""
    """Permission of a role (config/roles.toml) without which the page is not there, such as ``audits``."""
    needs: tuple[str, ...] = ()
    """Measures of which a data set must have one for the page to say anything; it always does where none is named."""


GROUPS = ("situation", "work", "duty", "rooms", "data")
"""In the order of the menu."""

PAGES = (
    PageEntry(
        "overview",
        "pages/overview.py",
        "nav.overview",
        screen="dashboard.screens.overview:overview_screen",
    ),
    PageEntry(
        "map",
        "pages/map.py",
        "nav.map",
        parameters=("indicator", "view", "shown", "rate", "clusters"),
        screen="dashboard.screens.map.screen:map_screen",
    ),
    PageEntry(
        "trends",
        "pages/trends.py",
        "nav.trends",
        parameters=("indicator", "rare"),
        screen="dashboard.screens.trends.screen:trends_screen",
    ),
    PageEntry(
        "ranking",
        "pages/ranking.py",
        "nav.ranking",
        parameters=("of", "rows"),
        screen="dashboard.screens.ranking:ranking_screen",
    ),
    PageEntry(
        "chain",
        "pages/work/chain.py",
        "nav.chain",
        "work",
        screen="dashboard.screens.work.chain.screen:chain_screen",
        needs=("disputes_received",),
    ),
    PageEntry(
        "assessment",
        "pages/duty/assessment.py",
        "nav.assessment",
        "duty",
        screen="dashboard.screens.duty.assessment:assessment_screen",
        needs=("assessment_points", "vetoes_of_assessment", "vetoes_of_excellence", "pilot_sites", "disputes_received"),
    ),
    PageEntry(
        "responsibility",
        "pages/duty/responsibility.py",
        "duty.title",
        "duty",
        ("part", "item"),
        "dashboard.screens.duty.responsibility:responsibility_screen",
    ),
    PageEntry(
        "meeting",
        "pages/rooms/meeting.py",
        "nav.meeting",
        "rooms",
        ("at", "edit"),
        "dashboard.screens.rooms.meeting:meeting_screen",
    ),
    PageEntry(
        "screens",
        "pages/rooms/screens.py",
        "nav.screens",
        "rooms",
        screen="dashboard.screens.rooms.wall_list:wall_list",
    ),
    PageEntry(
        "disputes",
        "pages/work/disputes.py",
        "nav.disputes",
        "work",
        ("class", "channel", "colour", "stage", "offset"),
        "dashboard.screens.work.disputes:disputes_screen",
        needs=("disputes_received", "hotline_orders_due", "petitions_received"),
    ),
    PageEntry(
        "patrol",
        "pages/work/patrol.py",
        "nav.patrol",
        "work",
        ("of",),
        "dashboard.screens.work.patrol:patrol_screen",
        needs=("patrol_due", "patrol_daily_due", "weekly_analysis_due", "grids", "grid_workers"),
    ),
    PageEntry(
        "services",
        "pages/work/services.py",
        "nav.services",
        "work",
        screen="dashboard.screens.work.services:services_screen",
        needs=(
            "guardianship_due",
            "subsidy_due",
            "youth_due",
            "classroom_sites_due",
            "returned_due",
            "five_in_one_due",
        ),
    ),
    PageEntry(
        "response",
        "pages/work/response.py",
        "nav.response",
        "work",
        screen="dashboard.screens.work.response:response_screen",
        needs=("response_total", "cameras_total", "feeds_checked", "workstation_shifts_due", "criminal_alarms"),
    ),
    PageEntry(
        "resources",
        "pages/work/resources.py",
        "nav.resources",
        "work",
        ("proposals",),
        screen="dashboard.screens.work.resources:resources_screen",
        needs=("budget_planned", "townships_standard_due", "mediators_full", "grid_workers_graded", "fund_total"),
    ),
    PageEntry(
        "definitions",
        "pages/definitions.py",
        "nav.definitions",
        "data",
        ("indicator",),
        "dashboard.screens.definitions:definitions_screen",
    ),
    PageEntry(
        "backtest",
        "pages/data/backtest.py",
        "nav.backtest",
        "data",
        ("months",),
        "dashboard.screens.data.backtest:backtest_screen",
    ),
    PageEntry(
        "data",
        "pages/data_status.py",
        "nav.data",
        "data",
        screen="dashboard.screens.data_status:data_screen",
    ),
    PageEntry(
        "quality",
        "pages/data/quality.py",
        "nav.quality",
        "data",
        parameters=("indicator",),
        screen="dashboard.screens.data.quality:quality_screen",
    ),
    PageEntry(
        "audit",
        "pages/data/audit.py",
        "nav.audit",
        "data",
        parameters=("kind", "days"),
        permission="audits",
        screen="dashboard.screens.data.audit:audit_screen",
    ),
)
DEFAULT_PAGE = PAGES[0].url_path
"""Its address is ``/``."""


def may_open(role: Role, entry: PageEntry) -> bool:
    """Return whether a role may open a page."""
    allowed = not entry.permission or bool(getattr(role, entry.permission))
    return allowed and role.may_open(entry.url_path, entry.group)
