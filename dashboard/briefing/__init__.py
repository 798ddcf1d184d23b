"""The quarterly briefing: one object with all its numbers and texts, and the files written from it."""

from dashboard.briefing.build import build_briefing
from dashboard.briefing.files import FORMATS, MEDIA, briefing_title, file_name, write_briefing
from dashboard.briefing.model import Briefing, BriefingError, Decision, Decisions

__all__ = [
    "FORMATS",
    "MEDIA",
    "Briefing",
    "BriefingError",
    "Decision",
    "Decisions",
    "briefing_title",
    "build_briefing",
    "file_name",
    "write_briefing",
]
