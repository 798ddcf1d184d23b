"""Assessment and creation: the weight and its effect, vetoes, the league, townships without homicide, pilot sites."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

from dashboard import formatting
from dashboard.components import Card, Definition
from dashboard.context import Context
from dashboard.grading.assessment import (
    AssessmentSettings,
    WeightChange,
    assessment_settings,
    weight_change,
    weight_effects,
)
from dashboard.grading.league import League, league_of
from dashboard.grading.settings import index_settings
from dashboard.grading.triggers import review_sheets
from dashboard.i18n import localised, t
from dashboard.indicators.catalogue import find_indicator
from dashboard.indicators.evaluate import values_of
from dashboard.indicators.vocabulary import WITH_VALUE
from dashboard.memory import kept
from dashboard.screens.children import Listed, level_word, listed_down_to, names_of, place_of
from dashboard.screens.duty.creation import (
    STAGES,
    VETO_YEARS,
    Creation,
    PilotPool,
    all_tables,
    creation_of,
    matrix_source,
    pilots_of,
    place_headings,
    stress_sentence,
    vetoes_of,
)
from dashboard.screens.figures import definition_of, indicator_card
from dashboard.screens.league import DEEPEST_GRADED, basis_note, grade_words, index_source, rank_text
from dashboard.screens.ranking import sheets_text
from dashboard.screens.tables import ScreenTable
from dashboard.sources import FEW_SOURCES, indicator_source
from data_access.queries import SnapshotInfo, SnapshotReader

COUNTY_DEPTH = 1
TOP = ("KH1", "KH2", "KH2b", "SF1")
EFFECTS = (
    *("months", "index", "lower", "upper", "points_before", "points_after", "more_lost"),
    *("more_lost_lower", "more_lost_upper", "against_mean"),
)
PILOTS = ("SF2", "SF3", "SF4", "SF5")


@dataclass(frozen=True)
class AssessmentScreen:
    """What the assessment page draws."""

    verdict: str
    cards: list[Card]
    change: WeightChange
    effects: pd.DataFrame
    """One county a row as written: what the change of weight does to its points."""
    no_effects: str
    vetoes: pd.DataFrame
    """One veto a row as written, the two kinds apart."""
    no_vetoes: str
    listed: Listed
    league: pd.DataFrame
    """One region a row as written, worst first."""
    months: list[str]
    month: pd.Period
    sheets: list[str]
    selected: str
    creation: Creation
    stress: str
    pilots: PilotPool
    pilot_cards: list[Card]
    tables: tuple[ScreenTable, ...]


@kept
def assessment_screen(reader: SnapshotReader, context: Context) -> AssessmentScreen:
    """Prepare the page for the last month of the context's period: all from the snapshot, nothing that is decided here."""
    snapshot, language, settings = reader.snapshot(), context.language, assessment_settings()
    regions = reader.regions(context.viewer)
    last_day = min(context.period.end, snapshot.data_through)
    month = pd.Period(last_day, freq="M")
    change = weight_change(month.year, settings)
    counties = regions.index[(regions["depth"] == COUNTY_DEPTH) & regions["in_scope"]].tolist()
    county_names = names_of(regions, tuple(counties), language)
    county_league = league_of(reader, context.viewer, counties, month) if counties else None
    effects = weight_effects(county_league, change) if county_league is not None else pd.DataFrame()
    listed = listed_down_to(reader, context, DEEPEST_GRADED)
    names = names_of(regions, listed.codes, language)
    league = county_league
    if list(listed.codes) != counties:
        league = league_of(reader, context.viewer, list(listed.codes), month)
    if league is not None and not league.grades_any:
        league = None
    sheets = review_sheets(league, index_settings()) if league is not None else []
    ledger = vetoes_of(reader, context, month.year)
    vetoes = _written_vetoes(ledger, regions, settings, language)
    creation = creation_of(reader, context, regions, month, ledger)
    pilots = pilots_of(reader, context, regions, last_day)
    frames = values_of(
        reader, context.viewer, [find_indicator(name) for name in TOP + PILOTS], [context.region], context.period
    )
    figures = {name: frame.iloc[0] for name, frame in frames.items()}
    written = _written_effects(effects, county_names, context)
    league_rows = _league_rows(context, league, names)
    return AssessmentScreen(
        verdict=_verdict(
            change,
            written,
            place_of(regions, context.region, COUNTY_DEPTH),
            league,
            sheets,
            names,
            creation,
            pilots,
            language,
        ),
        cards=_cards(reader, context, last_day, settings, change, figures, league, sheets, creation, month.year),
        change=change,
        effects=written,
        no_effects=_why_no_effects(reader, county_league, language) if written.empty else "",
        vetoes=vetoes,
        no_vetoes=_why_no_vetoes(context, vetoes),
        listed=listed,
        league=league_rows,
        months=[str(each) for each in league.months] if league is not None else [],
        month=month,
        sheets=[names[code] for code in sheets],
        selected=context.region,
        creation=creation,
        stress=stress_sentence(creation.matrix, language) if creation.matrix is not None else "",
        pilots=pilots,
        pilot_cards=[_indicator_card(reader, context, name, figures[name], last_day) for name in PILOTS],
        tables=all_tables(
            _tables(snapshot, settings, effects, county_names, vetoes, league_rows, month, listed, language),
            creation.tables,
            pilots.tables,
        ),
    )


def _written_vetoes(
    ledger: pd.DataFrame | None, regions: pd.DataFrame, settings: AssessmentSettings, language: str
) -> pd.DataFrame:
    columns = ["kind", "kind_key", "region", "year", "status", "reason", "document", "authority", "decided_on"]
    if ledger is None or ledger.empty:
        return pd.DataFrame(columns=columns)
    words = settings.veto
    keys = {word.value: word.key for word in words.kinds}
    return pd.DataFrame(
        {
            "kind": [words.label("kinds", value, language) for value in ledger["veto_kind"]],
            "kind_key": [keys.get(value, "") for value in ledger["veto_kind"]],
            "region": [
                localised(language, regions["name"].loc[code], regions["name_en"].loc[code])
                for code in ledger["region_code"]
            ],
            "year": ledger["year"].to_numpy(),
            "status": [words.label("statuses", value, language) for value in ledger["status"]],
            "reason": [words.label("reasons", value, language) for value in ledger["reason_kind"]],
            "document": [_text(value) for value in ledger["document_no"]],
            "authority": [
                localised(language, _text(name), english if isinstance(english, str) else None)
                for name, english in zip(ledger["authority"], ledger["authority_en"], strict=True)
            ],
            "decided_on": [
                formatting.MISSING if pd.isna(day) else formatting.day(day.date())
                for day in pd.to_datetime(ledger["decided_on"])
            ],
        }
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) and value else formatting.MISSING


def _met_note(creation: Creation, language: str) -> str:
    if creation.matrix is None:
        return t("creation.no_townships", language)
    known = creation.is_judged or creation.matrix.hidden
    return t("creation.met_note" if known else "ranking.none_judged", language)


def _why_no_effects(reader: SnapshotReader, league: League | None, language: str) -> str:
    known = league is None or league.grades_any
    level = level_word(reader.snapshot(), COUNTY_DEPTH, language)
    return t("assessment.no_counties" if known else "ranking.not_graded", language, level=level)


def _why_no_vetoes(context: Context, vetoes: pd.DataFrame) -> str:
    if len(vetoes):
        return ""
    key = "assessment.no_vetoes" if context.viewer.permissions.records else "assessment.vetoes_not_for_role"
    return t(key, context.language, count=VETO_YEARS)


def _written_effects(effects: pd.DataFrame, names: pd.Series, context: Context) -> pd.DataFrame:
    if effects.empty:
        return pd.DataFrame()
    known = effects[effects["index"].notna()]
    return pd.DataFrame(
        {
            "name": names.reindex(known.index),
            "href": [context.href("assessment", region=str(code)) for code in known.index],
            "index": [formatting.number(value, 1) for value in known["index"]],
            "interval": [
                formatting.interval(low, high, "index")
                for low, high in zip(known["lower"], known["upper"], strict=True)
            ],
            "before": [formatting.number(value, 2) for value in known["points_before"]],
            "after": [formatting.number(value, 2) for value in known["points_after"]],
            "more_lost": [formatting.signed(-value, 2) for value in known["more_lost"]],
            "more_lost_limits": [
                t(
                    "chain.from_to",
                    context.language,
                    low=formatting.signed(-high, 2),
                    high=formatting.signed(-low, 2),
                )
                for low, high in zip(known["more_lost_lower"], known["more_lost_upper"], strict=True)
            ],
            "against_mean": [formatting.signed(value, 2) for value in known["against_mean"]],
        },
        index=known.index,
    )


def _league_rows(context: Context, league: League | None, names: pd.Series) -> pd.DataFrame:
    if league is None:
        return pd.DataFrame()
    rows = league.rows
    language, needed = context.language, index_settings().red_months_for_review
    return pd.DataFrame(
        {
            "name": names.reindex(rows.index),
            "href": [context.href("ranking", of=str(code)) for code in rows.index],
            "grade": rows["grade"],
            "index": rows["index"],
            "lower": rows["lower"],
            "upper": rows["upper"],
            "index_text": [formatting.number(value, 1) for value in rows["index"]],
            "rank": [rank_text(low, high) for low, high in zip(rows["rank_best"], rows["rank_worst"], strict=True)],
            "strip": [league.grades.loc[[code]].iloc[0].tolist() for code in rows.index],
            "months_red": rows["months_red"],
            "sheet": [
                t("assessment.sheet_due", language) if months >= needed else t("assessment.no_sheet", language)
                for months in rows["months_red"]
            ],
        },
        index=rows.index,
    )


def _cards(
    reader: SnapshotReader,
    context: Context,
    through: date,
    settings: AssessmentSettings,
    change: WeightChange,
    figures: dict[str, pd.Series],
    league: League | None,
    sheets: list[str],
    creation: Creation,
    year: int,
) -> list[Card]:
    language = context.language
    weight = find_indicator("KH1")
    declared = figures["KH1"]
    in_force = settings.weight_in(year)
    notes: list[tuple[str, str]] = []
    if declared["status"] in WITH_VALUE and abs(float(declared["value"]) - in_force.share) > 1e-9:
        notes.append(("declared", t("assessment.declared", language, value=formatting.percent(declared["value"]))))
    cards = [
        Card(
            title=t("assessment.weight", language),
            figure=weight_text(change),
            sentence=t(
                "assessment.point_worth",
                language,
                before=formatting.number(change.point_before, 2),
                after=formatting.number(change.point_after, 2),
            ),
            facts=[(t("assessment.from_year", language), str(change.after.from_year))],
            data_through=through,
            source=indicator_source(reader, context.viewer, weight, language),
            definition=definition_of(context, weight),
            notes=notes,  # type: ignore[arg-type]
        ),
        *(_indicator_card(reader, context, name, figures[name], through) for name in ("KH2", "KH2b")),
    ]
    from_lines = matrix_source(reader, context, FEW_SOURCES)
    red = int((league.rows["grade"] == "red").sum()) if league is not None else 0
    cards.append(
        Card(
            title=t("assessment.sheets", language),
            figure=str(len(sheets)) if league is not None else formatting.MISSING,
            facts=[(t("assessment.red_now", language), str(red))] if league is not None else (),
            sentence=t("assessment.sheets_note", language, count=index_settings().red_months_for_review),
            data_through=through,
            source=index_source(reader, context, FEW_SOURCES),
            definition=Definition(text=t("assessment.sheets_definition", language), href=context.href("ranking")),
        )
    )
    matrix = creation.matrix
    cards.append(
        Card(
            title=t("creation.met", language),
            figure=t("format.fraction", language, numerator=str(creation.met), denominator=str(creation.townships))
            if matrix is not None and creation.is_judged and not matrix.hidden
            else formatting.MISSING,
            facts=[(t("creation.line_count", language), str(len(matrix.settings.line)))] if matrix is not None else (),
            sentence=_met_note(creation, language),
            data_through=through,
            source=from_lines,
            definition=Definition(text=t("creation.definition", language)),
        )
    )
    if matrix is not None:
        cards.append(
            Card(
                title=t("creation.award", language),
                figure=formatting.MISSING if matrix.hidden else str(matrix.stress.listed),
                facts=[
                    (t("creation.years_needed", language), str(matrix.settings.years_for_award)),
                    (t("creation.award_yuan", language), formatting.count(matrix.settings.award_yuan, language)),
                ],
                sentence=t("creation.people_decide", language),
                data_through=through,
                source=from_lines,
                definition=Definition(text=t("creation.award_definition", language)),
            )
        )
    cards.append(
        _indicator_card(
            reader,
            context,
            "SF1",
            figures["SF1"],
            through,
            facts=[(t("pilots.target", language), str(settings.pilots.target))]
            if context.region == reader.snapshot().root_code
            else (),
        )
    )
    return cards


def _indicator_card(
    reader: SnapshotReader, context: Context, name: str, row: pd.Series, through: date, **more: object
) -> Card:
    """Return the card of an indicator; one that nothing is known of speaks of the data as a whole."""
    day = through if pd.isna(row["data_through"]) else row["data_through"]
    return indicator_card(reader, context, find_indicator(name), row, data_through=day, **more)


def weight_text(change: WeightChange) -> str:
    """Return the weight before and after, ``8% → 15%``."""
    before, after = (formatting.percent(weight.share).replace(".0%", "%") for weight in (change.before, change.after))
    return before if before == after else f"{before} → {after}"


def _verdict(
    change: WeightChange,
    effects: pd.DataFrame,
    county: str,
    league: League | None,
    sheets: list[str],
    names: pd.Series,
    creation: Creation,
    pilots: PilotPool,
    language: str,
) -> str:
    """Return the answer in one sentence; that of a county, or of what lies in one, speaks of this county's points."""
    parts = [
        t(
            "assessment.verdict_weight",
            language,
            weight=weight_text(change),
            year=str(change.after.from_year),
            before=formatting.number(change.point_before, 2),
            after=formatting.number(change.point_after, 2),
        )
    ]
    if county in effects.index:
        own = effects.loc[county]
        parts.append(t("assessment.verdict_own_effect", language, name=own["name"], points=own["more_lost"]))
    elif len(effects):
        worst = effects.iloc[0]
        parts.append(t("assessment.verdict_effect", language, name=worst["name"], points=worst["more_lost"]))
    if league is not None and sheets:
        parts.append(sheets_text(league, sheets, names, language))
    if league is not None and league.hidden:
        parts.append(basis_note(league, language))
    if creation.matrix is not None and creation.is_judged and not creation.matrix.hidden:
        parts.append(
            t(
                "assessment.verdict_creation",
                language,
                met=creation.met,
                townships=creation.townships,
                years=creation.matrix.settings.years_for_award,
                listed=creation.matrix.stress.listed,
            )
        )
    if pilots.rows.empty:
        parts.append(t("assessment.verdict_pilots", language, count=0))
    else:
        waiting = dict(zip(STAGES, pilots.stages["count"].astype(int), strict=True))
        ready = {"accept": waiting["ripe"], "spread": waiting["accepted"]}
        parts.append(t("assessment.verdict_ready", language, count=len(pilots.rows), **ready))
    return t("overview.joint", language).join(parts) + t("overview.stop", language)


def _tables(
    snapshot: SnapshotInfo,
    settings: AssessmentSettings,
    effects: pd.DataFrame,
    names: pd.Series,
    vetoes: pd.DataFrame,
    league: pd.DataFrame,
    month: pd.Period,
    listed: Listed,
    language: str,
) -> tuple[ScreenTable, ...]:
    own = place_headings("assessment_effect", snapshot, language)
    weights = pd.DataFrame(
        [
            {
                "from_year": weight.from_year,
                "share": weight.share,
                "points": weight.share * settings.annual_points,
                "point_worth": weight.share * settings.annual_points / 100,
                "basis": weight.basis_label(language),
            }
            for weight in settings.weight
        ]
    )
    effect_rows = effects.reindex(columns=list(EFFECTS)).assign(name=names.reindex(effects.index))
    graded = league.reindex(columns=["name", "grade", "index", "lower", "upper", "rank", "months_red", "sheet"])
    graded = graded.assign(
        grade=[t(f"grade.{grade}", language) for grade in graded["grade"]],
        month=str(month),
        strip=grade_words(league["strip"], language) if "strip" in league else [],
    )
    return (
        ScreenTable(
            "weight",
            t("assessment.weight", language),
            weights,
            {name: t(f"assessment_weight.{name}", language) for name in weights.columns},
        ),
        ScreenTable(
            "effects",
            t("assessment.effects", language),
            effect_rows,
            {name: own.get(name) or t(f"assessment_effect.{name}", language) for name in ("name", *EFFECTS)},
        ),
        ScreenTable(
            "vetoes",
            t("assessment.vetoes", language),
            vetoes,
            {name: t(f"assessment_veto.{name}", language) for name in vetoes.columns if name != "kind_key"},
        ),
        ScreenTable(
            "league",
            t("assessment.league", language),
            graded,
            {
                name: listed.level_name if name == "name" else t(f"assessment_league.{name}", language)
                for name in graded.columns
            },
        ),
    )
