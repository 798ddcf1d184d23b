"""Maps without the internet: our own polygons on a plain ground, nothing asked of another host."""

from dashboard.maps.choropleth import LEGEND_HEIGHT, ColourScale, choropleth, graded_choropleth, robust_limits
from dashboard.maps.layers import MapLayers, cell_side, layered_map
from dashboard.maps.view import MapView, view_of

__all__ = [
    "LEGEND_HEIGHT",
    "ColourScale",
    "MapLayers",
    "MapView",
    "cell_side",
    "choropleth",
    "graded_choropleth",
    "layered_map",
    "robust_limits",
    "view_of",
]
