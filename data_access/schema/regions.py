"""Regions, their names, validity, geometry and population."""

from sqlalchemy import Boolean, Column, Date, Float, Integer, LargeBinary, String, Table

from data_access.schema.base import metadata

dataset = Table(
    "dataset",
    metadata,
    Column("key", String, nullable=False, comment="name, name_en, is_demo, real_geography, map_review_no, headline, …"),
    Column("value", String, nullable=False),
    comment="What the whole data set is, as key and value",
)

region_level = Table(
    "region_level",
    metadata,
    Column("depth", Integer, nullable=False, comment="0 … 3, outermost first"),
    Column("level", String, nullable=False, comment="canonical key: city, county, township, grid"),
    Column("name", String, nullable=False, comment="what this data set calls the level"),
    Column("name_en", String, nullable=False),
    Column("digits", Integer, nullable=False, comment="leading digits of a code that are significant at this level"),
    comment="The drill path of this data set",
)

region = Table(
    "region",
    metadata,
    Column("region_code", String, nullable=False, comment="12 digits as text; 15 for a grid; zero-padded on the right"),
    Column("name", String, nullable=False),
    Column("name_en", String, nullable=False),
    Column("level", String, nullable=False),
    Column("depth", Integer, nullable=False),
    Column("parent_code", String, comment="empty for the root"),
    Column("valid_from", Date),
    Column("valid_to", Date, comment="empty while the code is in use"),
    Column("successor_code", String, comment="the code that took over; rows of the old code count there"),
    Column("urban", Boolean, comment="true urban, false rural, empty unknown"),
    Column("lon", Float, comment="a point inside, degrees, EPSG:4490/4326"),
    Column("lat", Float),
    Column("source", String, nullable=False),
)

region_geometry = Table(
    "region_geometry",
    metadata,
    Column("region_code", String, nullable=False),
    Column("wkb", LargeBinary, nullable=False, comment="polygon or multipolygon, degrees, lon/lat"),
    Column("source", String, nullable=False),
)

population = Table(
    "population",
    metadata,
    Column("region_code", String, nullable=False),
    Column("year", Integer, nullable=False),
    Column("population", Float, nullable=False, comment="resident population of that year, persons"),
    Column("source", String, nullable=False),
)

REGION_TABLES = (dataset, region_level, region, region_geometry, population)
