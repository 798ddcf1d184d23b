"""Maps without the internet: our own polygons on a plain ground, nothing asked of another host."""

from dashboard.maps.choropleth import ColourScale, choropleth, robust_limits
from dashboard.maps.view import MapView, view_of

__all__ = [
    "ColourScale",
    "MapView",
    "choropleth",
    "robust_limits",
    "view_of",
]
