"""What the web server adds around Streamlit: the page's HTML shell, headers, styles, geometry and health routes."""

from streamlit.runtime.pages_manager import PagesManager

from dashboard.server.middleware import middleware
from dashboard.server.routes import routes

__all__ = ["middleware", "routes"]

# Streamlit takes a folder named pages/ for its older kind of app until the entry script has called st.navigation once;
# the first viewer after a start would get a page without its frame. This is how Streamlit itself turns that off.
PagesManager.uses_pages_directory = False
