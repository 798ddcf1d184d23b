"""The map page: an indicator over the regions listed, or layers of incidents and places."""
