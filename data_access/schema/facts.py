"""Work records as they arrive: incidents, disputes, counts, and what people decided.

No column can hold a resident's identity: people appear as counts, leaders and units by post.
"""

from sqlalchemy import Boolean, Column, Date, DateTime, Float, Integer, String, Table

from data_access.schema.assessment import pilot_site, veto
from data_access.schema.base import metadata, source_columns
from data_access.schema.duty import DUTY_TABLES
from data_access.schema.money import fund_award
from data_access.schema.response import alarm_response

incident = Table(
    "incident",
    metadata,
    *source_columns(),
    Column("region_code", String, nullable=False, comment="finest region known"),
    Column("occurred_on", Date, nullable=False, comment="first day of the month or year when only that is known"),
    Column("date_grain", String, nullable=False, comment="day, month or year"),
    Column("category", String, nullable=False, comment="homicide, criminal_alarm, …"),
    Column("class_code", String, nullable=False, comment="cause or kind within the category; '' unknown"),
    Column("victims", Integer, nullable=False, comment="persons killed; 0 when not applicable"),
    Column("from_dispute", Boolean, comment="grew out of a civil dispute (民转刑)"),
    Column("unit", String, comment="unit in charge, by office not by person"),
    Column("lon", Float),
    Column("lat", Float),
)

dispute = Table(
    "dispute",
    metadata,
    *source_columns(),
    Column("region_code", String, nullable=False),
    Column("class_code", String, nullable=False, comment="01 … 06, config/classes.toml"),
    Column("subclass_code", String, nullable=False, comment="code at the source, '' when none"),
    Column(
        "channel", String, nullable=False, comment="grid, hotline_12345, online_opinion, petition, alarm_110, other"
    ),
    Column("received_at", DateTime, nullable=False),
    Column("reported_at", DateTime, comment="when the source handed it over; delay = received_at − reported_at"),
    Column("first_routed_at", DateTime, comment="first receiver passed it on or took it up"),
    Column("due_at", DateTime),
    Column("mediated_at", DateTime, comment="mediation began"),
    Column("resolved_at", DateTime),
    Column("revisited_at", DateTime),
    Column("archived_at", DateTime),
    Column("risk_colour", String, nullable=False, comment="red, yellow, blue; '' not graded"),
    Column("red_at", DateTime, comment="when it became red"),
    Column("red_handled_at", DateTime, comment="red resolved or lowered after review"),
    Column("packaged_at", DateTime, comment="a leader post and a task force took it (领导包案)"),
    Column("transfers", Integer, nullable=False, comment="times passed between units"),
    Column("relapsed_at", DateTime, comment="same dispute registered again after resolution"),
    Column("merged_into", String, comment="source id of the dispute it duplicates"),
    Column("unit", String, comment="first-receiver unit"),
    Column("unit_en", String, comment="the unit in English, where the source gives it"),
    Column("lon", Float),
    Column("lat", Float),
)

reported_count = Table(
    "reported_count",
    metadata,
    *source_columns(),
    Column("region_code", String, nullable=False),
    Column("period_start", Date, nullable=False),
    Column("grain", String, nullable=False, comment="day, month or year"),
    Column("measure", String, nullable=False, comment="a measure of config/measures.toml"),
    Column("class_code", String, nullable=False, comment="'' when not broken down"),
    Column("channel", String, nullable=False, comment="'' when not broken down"),
    Column("value", Float, nullable=False),
    comment="Counts that arrive already counted, one number a row",
)

survey = Table(
    "survey",
    metadata,
    *source_columns(),
    Column("region_code", String, nullable=False),
    Column("period_start", Date, nullable=False, comment="first month the survey stands for"),
    Column("question", String, nullable=False, comment="sense_of_safety, …"),
    Column("respondents", Integer, nullable=False),
    Column("satisfied", Integer, nullable=False),
)

case_package = Table(
    "case_package",
    metadata,
    *source_columns(),
    Column("region_code", String, nullable=False),
    Column("dispute_source_id", String, comment="the dispute it answers for, if any"),
    Column("leader_post", String, nullable=False, comment="post, never a person"),
    Column("leader_post_en", String, comment="the post in English, where the source gives it"),
    Column("leader_level", String, nullable=False, comment="city or county"),
    Column("found_on", Date, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("handled_on", Date),
    Column("closed_on", Date, comment="review passed (销号)"),
    Column("review_returns", Integer, nullable=False),
)

meeting = Table(
    "meeting",
    metadata,
    *source_columns(),
    Column("region_code", String, nullable=False),
    Column("kind", String, nullable=False, comment="quarterly_dispatch, monthly_supervision, consultation"),
    Column("due_on", Date, nullable=False),
    Column("held_on", Date),
)

decision = Table(
    "decision",
    metadata,
    *source_columns(),
    Column("region_code", String, nullable=False),
    Column("meeting_source_id", String),
    Column("task", String, nullable=False),
    Column("task_en", String, comment="the task in English, where the source gives it"),
    Column("unit", String, nullable=False, comment="responsible unit or post"),
    Column("unit_en", String),
    Column("decided_on", Date, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("done_on", Date),
)

facility = Table(
    "facility",
    metadata,
    *source_columns(),
    Column("region_code", String, nullable=False),
    Column("kind", String, nullable=False, comment="police_workstation, patrol_team, mediation_centre, …"),
    Column("name", String, nullable=False),
    Column("name_en", String, nullable=False),
    Column("lon", Float, nullable=False),
    Column("lat", Float, nullable=False),
)

FACT_TABLES = (
    incident,
    dispute,
    reported_count,
    survey,
    case_package,
    meeting,
    decision,
    facility,
    veto,
    pilot_site,
    *DUTY_TABLES,
    fund_award,
    alarm_response,
)
