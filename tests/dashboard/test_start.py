"""What the first page after a start waits for."""

import os
import subprocess
import sys

from data_access.home import HOME_VARIABLE
from tests.servers import REPOSITORY

LATE = ("geopandas", "pydeck", "scipy.stats", "openpyxl", "pptx")
"""Heavy modules that the overview can do without."""


def test_the_first_page_waits_for_no_module_it_can_do_without(demonstration_home):
    script = (
        "import sys\n"
        "from dashboard.server.warming import _prepare\n"
        "_prepare()\n"
        "assert 'dashboard.screens.overview' in sys.modules\n"
        f"print([module for module in {LATE} if module in sys.modules])"
    )
    environment = {**os.environ, HOME_VARIABLE: str(demonstration_home.path)}
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=REPOSITORY, env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.stdout.splitlines()[-1:] == ["[]"], done.stdout + done.stderr
