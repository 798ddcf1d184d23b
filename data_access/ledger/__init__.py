"""The ledger: what people decide, append-only, beside the read-only facts."""

from data_access.ledger.book import Ledger
from data_access.ledger.item import Item, change_lines, record_item_id
from data_access.ledger.settings import Kind, ledger_settings

__all__ = ["Item", "Kind", "Ledger", "change_lines", "ledger_settings", "record_item_id"]
