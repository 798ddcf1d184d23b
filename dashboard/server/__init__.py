"""What the web server adds around Streamlit: the page's HTML shell, headers, styles, geometry and health routes."""

from dashboard.server.middleware import middleware
from dashboard.server.routes import routes

__all__ = ["middleware", "routes"]
