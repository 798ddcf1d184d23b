"""A sign-in that was ended is ended in every process of the data folder, and remembered no longer than it must be."""

from __future__ import annotations

import json
import subprocess
import sys
import time

from dashboard.sign_in.ended import end_sign_in, is_ended
from data_access.home import Home
from tests.servers import REPOSITORY

KEPT = 30.0


def claims(subject: str, until: float) -> dict[str, object]:
    return {"iss": "https://login.example", "sub": subject, "iat": 1, "exp": until}


def test_what_one_process_ends_is_ended_in_another(tmp_path):
    home, east, west = Home(tmp_path), claims("east", time.time() + 60), claims("west", time.time() + 60)
    assert not is_ended(home, east)
    code = (
        "import json, sys; from pathlib import Path\n"
        "from dashboard.sign_in.ended import end_sign_in; from data_access.home import Home\n"
        "end_sign_in(Home(Path(sys.argv[1])), json.loads(sys.argv[2]), 30.0)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path), json.dumps(east)], cwd=REPOSITORY, check=True)
    assert is_ended(home, east) and not is_ended(home, west)
    assert not is_ended(home, east | {"iat": 2})  # the same account, signed in anew


def test_it_is_forgotten_once_its_token_has_run_out_and_holds_no_name(tmp_path):
    home, now = Home(tmp_path), time.time()
    end_sign_in(home, claims("long-ago", now - KEPT - 1), KEPT)
    end_sign_in(home, claims("just-now", now - 1), KEPT)  # still taken for some seconds
    assert is_ended(home, claims("just-now", now - 1))
    end_sign_in(home, claims("later", now + 60), KEPT)
    assert not is_ended(home, claims("long-ago", now - KEPT - 1)) and is_ended(home, claims("just-now", now - 1))
    told = [mark.name + mark.read_text() for mark in home.ended_sign_ins.iterdir()]
    assert len(told) == 2 and not any("just-now" in each or "later" in each for each in told)
