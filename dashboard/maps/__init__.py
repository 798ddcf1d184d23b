"""Maps without the internet: our own polygons on a plain ground, nothing asked of another host."""

from dashboard.maps.choropleth import ColourScale, choropleth, robust_limits
from dashboard.maps.layers import MapLayers, cell_side, layered_map
from dashboard.maps.view import MapView, view_of

__all__ = [
    "ColourScale",
    "MapLayers",
    "MapView",
    "cell_side",
    "choropleth",
    "layered_map",
    "robust_limits",
    "view_of",
]
