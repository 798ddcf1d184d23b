"""To be drawn: the page data_status."""

from dashboard.components import empty_state
from dashboard.context import current_context
from dashboard.i18n import t

context = current_context()
empty_state(t("page.not_drawn", context.language))
