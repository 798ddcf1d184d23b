"""A briefing as one text that is kept, and back: what a closed meeting showed, to the digit, whatever changes later."""

from __future__ import annotations

import base64
import json
import zlib
from functools import lru_cache

from pydantic import TypeAdapter, ValidationError

from dashboard.briefing.model import Briefing, BriefingError, plain


def packed(briefing: Briefing) -> str:
    """Return the whole briefing as one ASCII text: its JSON, deflated, in base 64."""
    body = json.dumps(plain(briefing), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return base64.b64encode(zlib.compress(body.encode(), level=9)).decode("ascii")


@lru_cache(maxsize=8)
def unpacked(text: str) -> Briefing:
    """Return the briefing that :func:`packed` made ``text`` of.

    Raises
    ------
    BriefingError
        When the text is not one, or was changed.
    """
    try:
        return _briefings().validate_json(zlib.decompress(base64.b64decode(text, validate=True)))
    except (ValueError, zlib.error, ValidationError) as error:
        raise BriefingError(
            "What this meeting showed can't be read from its record. Restore the ledger from its backup.",
            "无法读取该会议闭会时定格的材料。请由备份恢复台账。",
            code="archive",
        ) from error


@lru_cache(maxsize=1)
def _briefings() -> TypeAdapter[Briefing]:
    return TypeAdapter(Briefing)
