"""How files of areas come in, a region and its shape a row: counties of the small city, or what their columns say."""

from __future__ import annotations

from pathlib import Path

AREAS = """
name = "areas"
[[level]]
depth = 0
name = "市"
name_en = "City"
digits = 4
[[level]]
depth = 1
name = "县"
name_en = "County"
digits = 6
[[level]]
depth = 2
name = "乡镇"
name_en = "Township"
digits = 9
{root}
[[file]]
match = "*"
crs = "{crs}"
{file_keys}
[[file.target]]
table = "region"
source = "atlas"
[file.target.columns]
region_code = {{ column = "code" }}
name = {{ {name} }}
parent_code = {{ {parent} }}
depth = {{ {depth} }}
[[file.target]]
table = "region_geometry"
source = "atlas"
geometry = true
[file.target.columns]
region_code = {{ column = "code" }}
"""


def areas_mapping(
    folder: Path,
    crs: str,
    *,
    name: str = 'column = "name"',
    parent: str = 'value = "970100000000"',
    depth: str = "value = 1",
    root: str = "",
    file_keys: str = "",
) -> Path:
    """Write the mapping of files whose shapes are drawn in ``crs``."""
    path = folder / "areas.toml"
    rules = {"name": name, "parent": parent, "depth": depth, "root": root, "file_keys": file_keys}
    path.write_text(AREAS.format(crs=crs, **rules), encoding="utf-8")
    return path
