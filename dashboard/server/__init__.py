"""What the web server adds around Streamlit: the page's HTML shell, headers, styles, geometry and health routes."""

import logging
import sys

from streamlit.runtime.pages_manager import PagesManager

from dashboard.server.middleware import middleware
from dashboard.server.routes import routes
from dashboard.server.still import keeping_stills
from dashboard.server.theme import keep_theme
from dashboard.server.warming import warm_up
from dashboard.settings import load_settings
from dashboard.sign_in import start
from data_access.errors import DataAccessError

__all__ = ["check_start", "keeping_stills", "middleware", "on_script_error", "routes", "warm_up"]

# Streamlit takes a folder named pages/ for its older kind of app until the entry script has called st.navigation once;
# the first viewer after a start would get a page without its frame. This is how Streamlit itself turns that off.
PagesManager.uses_pages_directory = False
keep_theme()


def check_start() -> None:
    """Begin the server's log; end with a sentence that says what to set, where nobody would have to sign in but should."""
    to_log = logging.StreamHandler()
    to_log.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.getLogger("pingan").addHandler(to_log)
    try:
        start.check_start(load_settings().home)
    except DataAccessError as error:
        sys.exit(start.start_message(error))


def on_script_error(error: Exception) -> None:
    """Show an error that nothing caught, in words and without a traceback."""
    from dashboard.components.messages import show_error  # heavy: loaded when first needed

    show_error(error)
