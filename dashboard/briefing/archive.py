"""Briefings as one text that is kept, and back: what a closed meeting showed, to the digit, whatever changes later."""

from __future__ import annotations

import base64
import json
import lzma
import zlib
from collections.abc import Mapping
from functools import lru_cache

from pydantic import TypeAdapter, ValidationError

from dashboard.briefing.model import Briefing, BriefingError, plain

_XZ = b"\xfd7zXZ\0"
"""What every text compressed by lzma begins with."""


def packed(shown: Mapping[str, Briefing]) -> str:
    """Return what was shown to each seat as one ASCII text: JSON, compressed, in base 64.

    Seats of one meeting see much the same, which the compression keeps once.
    """
    body = json.dumps(
        {seat: plain(each) for seat, each in shown.items()}, ensure_ascii=False, allow_nan=False, separators=(",", ":")
    )
    return base64.b64encode(lzma.compress(body.encode())).decode("ascii")


@lru_cache(maxsize=8)
def unpacked(text: str, closer: str = "") -> Mapping[str, Briefing]:
    """Return the briefings, by seat, that :func:`packed` made ``text`` of.

    Parameters
    ----------
    text : str
    closer : str
        Seat of records that were written before every seat's view was kept: these hold one briefing, deflated.

    Raises
    ------
    BriefingError
        When the text is not one, or was changed.
    """
    try:
        body = base64.b64decode(text, validate=True)
        if body.startswith(_XZ):
            return TypeAdapter(dict[str, Briefing]).validate_json(lzma.decompress(body))
        return {closer: TypeAdapter(Briefing).validate_json(zlib.decompress(body))}
    except (ValueError, lzma.LZMAError, zlib.error, ValidationError) as error:
        raise BriefingError(
            "What this meeting showed can't be read from its record. Restore the ledger from its backup.",
            "无法读取该会议闭会时定格的材料。请由备份恢复台账。",
            code="archive",
        ) from error
