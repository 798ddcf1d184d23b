"""What to ask a region in the meeting, from its figures and the rules of config/meeting.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from string import Formatter
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from dashboard import formatting
from dashboard.i18n import localised
from data_access.access import read_config, validated

FactName = Literal[
    "decisions_overdue",
    "red_without_package",
    "months_red",
    "packages_overdue",
    "points_lost",
    "index_fall",
    "outcome_worse_beyond_chance",
    "not_graded",
]


class QuestionRule(BaseModel):
    """One question and the fact that raises it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    fact: FactName
    at_least: float = Field(gt=0)
    ask: str = Field(min_length=1)
    ask_en: str = Field(min_length=1)

    @field_validator("ask", "ask_en")
    @classmethod
    def _names_known_words(cls, text: str) -> str:
        unknown = {name for _, name, _, _ in Formatter().parse(text) if name} - {"amount", "name", "detail"}
        if unknown:
            raise ValueError(f"unknown words in braces: {', '.join(sorted(unknown))}; there are amount, name, detail")
        return text


class MeetingSettings(BaseModel):
    """The whole of config/meeting.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    most_questions: int = Field(ge=1, le=8)
    question: tuple[QuestionRule, ...]


@lru_cache(maxsize=1)
def meeting_settings() -> MeetingSettings:
    """Read and check config/meeting.toml."""
    return validated(MeetingSettings, read_config("meeting.toml"), "config/meeting.toml", "meeting")


@dataclass(frozen=True)
class Fact:
    """An amount that may raise a question, with the words that go into it."""

    amount: float
    name: str = ""
    detail: str = ""


def questions_of(facts: Mapping[str, Fact], language: str) -> tuple[str, ...]:
    """Return the questions that ``facts`` raise, in the order of the rules."""
    settings = meeting_settings()
    raised = []
    for rule in settings.question:
        fact = facts.get(rule.fact)
        if fact is None or not fact.amount >= rule.at_least:
            continue
        amount = formatting.number(fact.amount, 0 if float(fact.amount).is_integer() else 1)
        text = localised(language, rule.ask, rule.ask_en)
        raised.append(text.format(amount=amount, name=fact.name, detail=fact.detail))
    return tuple(raised[: settings.most_questions])
