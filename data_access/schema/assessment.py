"""What people decided about regions: vetoes of the yearly assessment, and the pilot sites with their stages."""

from sqlalchemy import Boolean, Column, Date, Integer, String, Table

from data_access.schema.base import metadata, source_columns

veto = Table(
    "veto",
    metadata,
    *source_columns(),
    Column("region_code", String, nullable=False),
    Column("year", Integer, nullable=False, comment="year of assessment that it bears on"),
    Column("veto_kind", String, nullable=False, comment="否决 or 否优: two things, never one"),
    Column("status", String, nullable=False, comment="待核, 成立, 不成立, 申诉中; people decide"),
    Column("reason_kind", String, nullable=False, comment="a reason of config/assessment.toml"),
    Column("document_no", String, comment="number of the paper that decided it; empty only while 待核"),
    Column("authority", String, comment="office that decided, never a person; empty only while 待核"),
    Column("authority_en", String, comment="the office in English, where the source gives it"),
    Column("decided_on", Date, comment="empty only while 待核"),
)

pilot_site = Table(
    "pilot_site",
    metadata,
    *source_columns(),
    Column("region_code", String, nullable=False),
    Column("name", String, nullable=False),
    Column("name_en", String, comment="in English, where the source gives it"),
    Column("practice", String, nullable=False, comment="what others could copy"),
    Column("practice_en", String),
    Column("approval_basis", String, nullable=False, comment="rule or paper that allows the pilot; none, no pilot"),
    Column("approval_basis_en", String),
    Column("nurtured_on", Date, nullable=False, comment="taken into the pool (培育)"),
    Column("ripe_on", Date, comment="found ripe (成熟)"),
    Column("first_reviewed_on", Date, comment="first review for acceptance"),
    Column("first_review_passed", Boolean),
    Column("accepted_on", Date, comment="accepted (验收)"),
    Column("spread_on", Date, comment="first taken up elsewhere (推广)"),
    Column("adopted_townships", Integer, nullable=False, comment="townships that use the practice now"),
    Column("look_back_due_on", Date, comment="a year after acceptance"),
    Column("look_back_on", Date, comment="second look held"),
    Column("look_back_kept", Boolean, comment="the practice was still alive then"),
    Column("field_visits", Integer, nullable=False, comment="visits of others held there so far"),
)
