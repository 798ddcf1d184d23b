"""Audit: whether the record is whole, and who did what when."""

from dashboard.components import (
    Column,
    link_group,
    offer_tables,
    sentence,
    table_card,
)
from dashboard.context import current_context
from dashboard.i18n import t
from dashboard.screens.data.audit import COLUMNS, audit_screen
from dashboard.settings import snapshot_reader

context = current_context()
language = context.language
reader = snapshot_reader()
screen = audit_screen(reader, context)

sentence(screen.verdict)
link_group(t("audit.kinds", language), screen.kinds)
link_group(t("audit.recorded_at", language), screen.days)
table_card(
    screen.lines,
    [Column(name=name, title=t(f"audit.{name}", language)) for name in COLUMNS],
    language,
    title=t("audit.title", language),
    sentence=t("audit.note", language),
    data_through=reader.snapshot().data_through,
    source=t("audit.source", language),
    key="audit",
    empty=(t("audit.empty", language),),
    max_height=720,
)
offer_tables(screen.tables, context)
