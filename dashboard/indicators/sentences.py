"""Plain sentences for figures and their changes, with how sure they are."""

from __future__ import annotations

import numpy as np

from dashboard import formatting
from dashboard.i18n import t
from dashboard.indicators import vocabulary as words
from dashboard.indicators.catalogue import Indicator
from dashboard.indicators.engine.facts import evaluation_rules
from dashboard.indicators.presentation import note_texts, shown
from dashboard.indicators.vocabulary import Values


def value_sentence(row: Values, indicator: Indicator, language: str) -> str:
    """Return one sentence for a row of :func:`dashboard.indicators.evaluate.values`, without a full stop.

    Zero events come with their upper limit; what has no value says why; what is incomplete says so.
    """
    name, texts = indicator.label(language), shown(row, indicator, language)
    if row["status"] not in words.WITH_VALUE:
        sentence = t("sentences.no_value", language, name=name, status=texts.status)
    elif row["value"] == 0 and indicator.display_form in ("rate", "count") and np.isfinite(row["upper"]):
        upper = formatting.rate(row["upper"])
        sentence = t("sentences.zero_events", language, name=name, upper=upper, unit=texts.unit)
    elif texts.interval and indicator.kind == "proportion" and texts.value.endswith("%"):
        sentence = t(
            "sentences.value_with_fraction",
            language,
            name=name,
            value=texts.value,
            numerator=texts.numerator,
            denominator=texts.denominator,
            interval=texts.interval,
        )
    elif texts.interval:
        sentence = t(
            "sentences.value_with_interval",
            language,
            name=name,
            value=texts.value,
            unit=texts.unit,
            interval=texts.interval,
        )
    else:
        sentence = t("sentences.value", language, name=name, value=texts.value, unit=texts.unit)
    # Percentages carry their sign and have no unit: close the gap it leaves.
    sentence = " ".join(sentence.split())
    if not texts.notes:
        return sentence
    return t(
        "sentences.noted", language, sentence=sentence, notes=t("sentences.notes_joint", language).join(texts.notes)
    )


def change_sentence(row: Values, indicator: Indicator, language: str) -> str:
    """Return one sentence for a row of :func:`dashboard.indicators.changes.change`, without a full stop.

    Names the amount, its interval, and whether chance alone would do as much.
    """
    return t(row["sentence"], language, amount=amount_text(row, indicator, language))


def brief_change_sentence(row: Values, language: str) -> str:
    """Return the verdict on a change without its amount: ``与去年同期相比的下降在偶然波动范围内``."""
    _, _, against, outcome = row["sentence"].split(".")
    return t(f"sentences.brief.{against}.{outcome}", language)


def figure_sentence(row: Values, changed: Values | None, indicator: Indicator, language: str) -> str:
    """Return the whole statement on a figure: its value and, where there is one, its change."""
    first = value_sentence(row, indicator, language)
    if changed is None or row["status"] not in words.WITH_VALUE:
        return t("sentences.single", language, first=first)
    return t("sentences.joined", language, first=first, second=change_sentence(changed, indicator, language))


def amount_text(row: Values, indicator: Indicator, language: str) -> str:
    """Return how much a figure changed, without a sign: the sentence says which way.

    Shares change by percentage points, or from one fraction to another when one is of fewer than 30; rates by percent with
    the interval, counts by percent, both by the difference with both counts when the earlier count is small (10 cases of a
    rate, config/evaluation.toml; 30 of a count).
    """
    difference = row["difference"]
    if not np.isfinite(float(difference)):
        return formatting.MISSING
    if indicator.display_form == "percent":
        return _points(row, language)
    of_rate = indicator.kind == "rate"
    least = evaluation_rules().percent_from_cases if of_rate else formatting.SMALLEST_PERCENT_BASE
    in_percent = np.isfinite(row["ratio"]) and indicator.kind in ("rate", "count", "change")
    if in_percent and not row["old_numerator"] < least:
        return _percent(row, language)
    if indicator.display_form == "days":
        return t("sentences.amount.bare", language, difference=formatting.days(abs(difference), language))
    amount = formatting.number(abs(difference)) if float(difference).is_integer() else formatting.rate(abs(difference))
    if indicator.kind == "change":
        return t("sentences.amount.bare", language, difference=amount)
    unit = indicator.unit_label(language, amount)
    if row["beyond_chance"] is None or _short_of_days(row):
        return t("sentences.amount.plain", language, difference=amount, unit=unit)
    counts = {"old": formatting.number(row["old_numerator"]), "new": formatting.number(row["new_numerator"])}
    return t("sentences.amount.plain_tested", language, difference=amount, unit=unit, **counts)


def small_share(row: Values) -> bool:
    """Return whether a change of shares is one of too few for percentage points."""
    return bool(min(row["old_denominator"], row["new_denominator"]) < formatting.SMALLEST_PERCENT_BASE)


def fractions_text(row: Values, language: str) -> str:
    """Return both shares of a change as fractions: ``7/12→8/11``."""
    old, new = (
        t(
            "format.fraction",
            language,
            numerator=formatting.number(row[f"{side}_numerator"]),
            denominator=formatting.number(row[f"{side}_denominator"]),
        )
        for side in ("old", "new")
    )
    return t("sentences.amount.from_to", language, old=old, new=new)


def caution_texts(row: Values, language: str) -> tuple[str, ...]:
    """Return the notes of a change in words."""
    return note_texts(row["notes"], language)


def _short_of_days(row: Values) -> bool:
    """Return whether a figure lacks days of its period: its count beside one of all days would mislead."""
    return not set(words.SHORT_OF_DAYS).isdisjoint(row["notes"])


def _percent(row: Values, language: str) -> str:
    percent = f"{formatting.number(abs(row['ratio'] - 1) * 100, 1)}%"
    if row["beyond_chance"] is None:
        return t("sentences.amount.relative", language, percent=percent)
    lower, upper = (
        f"{formatting.signed((row[name] - 1) * 100, 1)}%" if np.isfinite(row[name]) else formatting.MISSING
        for name in ("ratio_lower", "ratio_upper")
    )
    if _short_of_days(row):
        return t("sentences.amount.relative_within", language, percent=percent, lower=lower, upper=upper)
    return t(
        "sentences.amount.relative_tested",
        language,
        percent=percent,
        old=formatting.number(row["old_numerator"]),
        new=formatting.number(row["new_numerator"]),
        lower=lower,
        upper=upper,
    )


def _points(row: Values, language: str) -> str:
    if small_share(row):
        return t("sentences.amount.fractions", language, fractions=fractions_text(row, language))
    size = abs(row["difference"]) * 100
    points = t("format.percentage_points", language, points=formatting.number(size, 1 if size >= 0.1 else 2))
    if row["beyond_chance"] is None:
        return t("sentences.amount.points", language, points=points)
    lower, upper = (formatting.signed(row[name] * 100, 1) for name in ("difference_lower", "difference_upper"))
    return t("sentences.amount.points_tested", language, points=points, lower=lower, upper=upper)
