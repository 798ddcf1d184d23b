"""Awards from the peace-building fund, one row each."""

from sqlalchemy import Column, Date, Float, String, Table

from data_access.schema.base import metadata, source_columns

fund_award = Table(
    "fund_award",
    metadata,
    *source_columns(),
    Column("region_code", String, nullable=False, comment="where what was rewarded happened"),
    Column("class_code", String, nullable=False, comment="reason, a key of config/fund.toml; never a person"),
    Column("channel", String, nullable=False, comment="scheme: one_event (一事一奖) or one_case (一案一补)"),
    Column("amount", Float, nullable=False, comment="yuan"),
    Column("applied_on", Date, comment="application handed in"),
    Column("awarded_on", Date, nullable=False, comment="approved"),
    Column("document_no", String, comment="number of the paper that approved it"),
)
