"""What a meeting showed comes back from its record exactly as it was."""

from __future__ import annotations

import base64
import json
import lzma
import zlib

import pytest

from dashboard.briefing import BriefingError, write_briefing
from dashboard.briefing.archive import packed, unpacked
from dashboard.briefing.model import plain


@pytest.mark.parametrize("which", ["briefing", "english_briefing", "hard_briefing"])
def test_a_packed_briefing_comes_back_with_every_number_and_its_hand_outs(which, request):
    briefing = request.getfixturevalue(which)
    again = unpacked(packed({"seat": briefing}))["seat"]
    assert again == briefing
    assert json.loads(write_briefing(again, "json")) == json.loads(write_briefing(briefing, "json"))


@pytest.mark.parametrize("text", ["", "不是", "AAAA", base64.b64encode(lzma.compress(b"[]")).decode()])
def test_what_is_no_briefing_is_refused_and_says_what_to_do(text):
    with pytest.raises(BriefingError, match="backup"):
        unpacked(text)


def test_a_record_of_one_seat_as_it_was_once_written_comes_back_for_that_seat(briefing):
    body = json.dumps(plain(briefing), ensure_ascii=False, separators=(",", ":"))
    text = base64.b64encode(zlib.compress(body.encode())).decode()
    assert unpacked(text, "city_leader 990100000000") == {"city_leader 990100000000": briefing}
