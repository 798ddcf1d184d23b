"""One open snapshot: its stamp, and the small tables kept in memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

import pandas as pd
import pyarrow as pa
import sqlalchemy as sa

from data_access import schema
from data_access.access import Scope
from data_access.errors import SchemaVersionError
from data_access.measures import definitions_sha256, load_measures
from data_access.queries.exposure import incomplete_years
from data_access.queries.kept_sums import Fetch, KeptSums, Rollup, Wide
from data_access.store.frames import frame_of_arrow
from data_access.store.snapshot_store import RowScope, SnapshotSource


@dataclass(frozen=True)
class Level:
    """One step of the drill path, with the data set's own names."""

    depth: int
    level: str
    name: str
    name_en: str
    digits: int

    def label(self, language: str) -> str:
        """Return the level's name in ``language``."""
        return self.name_en if language == "en" else self.name

    @property
    def is_named(self) -> bool:
        """Whether the data set gives it a name."""
        return self.name != self.level


@dataclass(frozen=True)
class SnapshotInfo:
    """What every screen and hand-out prints about its data."""

    snapshot_id: str
    data_through: date
    published_at: datetime
    dataset: Mapping[str, str]
    levels: tuple[Level, ...]
    root_code: str

    @property
    def is_demonstration(self) -> bool:
        """Whether the data are the fictional demonstration city's."""
        return self.dataset.get("is_demo") == "1"

    def name(self, language: str) -> str:
        """Return the data set's name in ``language``."""
        return self.dataset.get("name_en" if language == "en" else "name", "")

    def own_name(self, kind: str, key: str, language: str) -> str | None:
        """Return what the data set itself calls a ``source`` or ``class`` (``source:<id> = "中文 / English"``), if it does."""
        chinese, _, english = self.dataset.get(f"{kind}:{key}", "").partition(" / ")
        return (english if language == "en" and english else chinese) or None

    @property
    def names_its_sources(self) -> bool:
        """Whether the data set says from whom its rows come."""
        return any(key.startswith("source:") for key in self.dataset)


class OpenSnapshot:
    """A snapshot opened for reading; frames of regions and population are read once."""

    def __init__(self, source: SnapshotSource, snapshot_id: str) -> None:
        self._source = source
        stamp = self.read(sa.select(schema.snapshot)).iloc[0]
        version = int(stamp["schema_version"])
        if version != schema.SCHEMA_VERSION:
            is_newer = version > schema.SCHEMA_VERSION
            raise SchemaVersionError(
                f"Snapshot {snapshot_id} has schema version {version}; this program reads {schema.SCHEMA_VERSION}. "
                f"{'Update the program' if is_newer else 'Publish again'}.",
                f"快照 {snapshot_id} 的结构版本为 {version}，本程序读取 {schema.SCHEMA_VERSION}。"
                f"请{'升级程序' if is_newer else '重新发布'}。",
                snapshot_id=snapshot_id,
            )
        self._defined_as_now = stamp["config_sha256"] == definitions_sha256()
        self._regions_within: dict[str, pd.DataFrame] = {}
        root = self.regions.loc[self.regions["depth"] == 0].index[0]
        levels = self.read(sa.select(schema.region_level).order_by(schema.region_level.c.depth))
        self.info = SnapshotInfo(
            snapshot_id=snapshot_id,
            data_through=pd.Timestamp(stamp["data_through"]).date(),
            published_at=pd.Timestamp(stamp["published_at"]).to_pydatetime(),
            dataset=dict(self.read(sa.select(schema.dataset)).itertuples(index=False, name=None)),
            levels=tuple(Level(*row) for row in levels.itertuples(index=False, name=None)),
            root_code=root,
        )

    def read(self, statement: sa.Executable, scope: RowScope | None = None) -> pd.DataFrame:
        """Run a select; without a scope only what holds no region's numbers is seen."""
        return frame_of_arrow(self.rows(statement, scope))

    def rows(self, statement: sa.Executable, scope: RowScope | None) -> pa.Table:
        """Run a select as :meth:`read` does, for who goes on working with many rows."""
        return self._source.read(statement, scope)

    def within(self, scope: Scope) -> ScopedSnapshot:
        """Return this snapshot as ``scope`` sees it; its region must exist."""
        digits = self.info.levels[self.depths[scope.region_code]].digits
        return ScopedSnapshot(self, RowScope(scope.role, scope.region_code[:digits]), scope.region_code)

    @cached_property
    def depths(self) -> dict[str, int]:
        """Return how deep each region lies; 0 is the whole."""
        return dict(zip(self.regions.index, self.regions["depth"].tolist(), strict=True))

    @cached_property
    def breadths(self) -> Mapping[int, int]:
        """Return how many regions lie at each depth."""
        return Counter(self.depths.values())

    @cached_property
    def regions(self) -> pd.DataFrame:
        """Current regions, indexed by code, parents before children."""
        table = schema.region
        names = ["name", "name_en", "level", "depth", "parent_code", "urban", "lon", "lat"]
        successor = sa.func.coalesce(table.c.successor_code, "")
        frame = self.read(
            sa.select(table.c.region_code, *(table.c[name] for name in names))
            .where(table.c.valid_to.is_(None), successor == "")
            .order_by(table.c.depth, table.c.region_code)
        )
        return frame.set_index("region_code")

    @cached_property
    def boundary_changes(self) -> pd.DataFrame:
        """Codes that others took over, and the first days of regions: ``region_code, kind, changed_on, old_code, name``.

        ``took_over``: rows of ``old_code`` count at ``region_code``, which stands from ``changed_on`` (empty when not
        known). ``began``: the region did not exist before ``changed_on`` and no code leads to it.
        """
        table = schema.region
        names = ["region_code", "name", "name_en", "valid_from", "valid_to", "successor_code"]
        frame = self.read(sa.select(*(table.c[name] for name in names)).order_by(table.c.region_code))
        gone = frame[frame["successor_code"].fillna("") != ""]
        paths = self.read(sa.select(schema.region_path)).set_index("region_code")
        current = paths[paths.index.isin(gone["region_code"])].ffill(axis=1).iloc[:, -1]
        ended = pd.to_datetime(gone["valid_to"]) + pd.Timedelta(days=1)
        took_over = pd.DataFrame(
            {
                "region_code": gone["region_code"].map(current),
                "kind": "took_over",
                "changed_on": ended,
                "old_code": gone["region_code"],
                "name": gone["name"],
                "name_en": gone["name_en"],
            }
        )
        young = frame[frame["valid_from"].notna() & frame["region_code"].isin(self.regions.index)]
        young = young[~young["region_code"].isin(took_over["region_code"])]
        began = pd.DataFrame(
            {
                "region_code": young["region_code"],
                "kind": "began",
                "changed_on": pd.to_datetime(young["valid_from"]),
                "old_code": "",
                "name": young["name"],
                "name_en": young["name_en"],
            }
        )
        return pd.concat([took_over, began], ignore_index=True) if len(took_over) else began.reset_index(drop=True)

    @cached_property
    def ancestors(self) -> pd.DataFrame:
        """Ancestor codes of every current region, indexed by code."""
        paths = self.read(sa.select(schema.region_path)).set_index("region_code")
        return paths.loc[paths.index.isin(self.regions.index)]

    @cached_property
    def above(self) -> tuple[dict[str, str], ...]:
        """By depth, the region of that depth that each current region lies in."""
        return tuple(
            dict(zip(self.ancestors.index, self.ancestors[name], strict=True)) for name in schema.ANCESTOR_COLUMNS
        )

    @cached_property
    def kept_sums(self) -> KeptSums:
        """What was read of the roll-ups by month and year."""
        parents = self.regions["parent_code"].fillna("").tolist()
        return KeptSums(dict(zip(self.regions.index.tolist(), parents, strict=True)))

    @cached_property
    def counted(self) -> frozenset[str]:
        """Measures that were counted from records alone, as they are defined now: they say how many records there are."""
        if not self._defined_as_now:
            return frozenset()
        covers = self.read(sa.select(schema.measure_coverage))
        return frozenset(load_measures()) - set(covers.loc[covers["basis"] != "records", "measure"])

    def regions_within(self, code: str) -> pd.DataFrame:
        """Return the regions below ``code``, itself and its ancestors, marked by ``in_scope``."""
        if code not in self._regions_within:
            above = self.ancestors[f"code_{self.depths[code]}"].reindex(self.regions.index)
            inside = above.eq(code).to_numpy(bool, na_value=False)
            path = list(self.ancestors.loc[code].dropna())
            chosen = inside | self.regions.index.isin(path)
            self._regions_within[code] = self.regions.loc[chosen].assign(in_scope=inside[chosen])
        return self._regions_within[code]

    @cached_property
    def population(self) -> pd.DataFrame:
        """Population by region and year, regions as rows, years as columns in rising order."""
        frame = self.read(sa.select(schema.population))
        return frame.pivot(index="region_code", columns="year", values="population").sort_index(axis=1)

    @cached_property
    def population_gaps(self) -> Mapping[str, frozenset[int]]:
        """By region the years whose population was added up although some of the regions below have none."""
        changes = self.boundary_changes
        young = changes[changes["kind"] == "began"]
        began = dict(zip(young["region_code"], young["changed_on"].dt.year, strict=True))
        return incomplete_years(self.population, self.regions, began)

    def warm(self) -> None:
        """Read what the first screen needs, so that a viewer never meets a cold store."""
        _ = self.regions, self.ancestors, self.population
        self._source.warm()


@dataclass(frozen=True)
class ScopedSnapshot:
    """A snapshot as one viewer sees it: every statement carries the viewer's scope to the store."""

    snapshot: OpenSnapshot
    scope: RowScope
    outermost: str
    """The region of the scope."""

    @property
    def info(self) -> SnapshotInfo:
        """The stamp of the snapshot."""
        return self.snapshot.info

    @property
    def regions(self) -> pd.DataFrame:
        """Current regions of the whole data set, indexed by code."""
        return self.snapshot.regions

    @property
    def depths(self) -> Mapping[str, int]:
        """How deep each region lies; 0 is the whole."""
        return self.snapshot.depths

    @property
    def breadths(self) -> Mapping[int, int]:
        """How many regions lie at each depth."""
        return self.snapshot.breadths

    @property
    def ancestors(self) -> pd.DataFrame:
        """Ancestor codes of every current region, indexed by code."""
        return self.snapshot.ancestors

    def counts(self, measures: Sequence[str]) -> bool:
        """Return whether ``measures`` say how many records there are."""
        return self.snapshot.counted.issuperset(measures)

    @property
    def population(self) -> pd.DataFrame:
        """Population by region and year."""
        return self.snapshot.population

    def read(self, statement: sa.Executable) -> pd.DataFrame:
        """Run a select within the scope."""
        return self.snapshot.read(statement, self.scope)

    def rows(self, statement: sa.Executable) -> pa.Table:
        """Run a select within the scope, for who goes on working with many rows."""
        return self.snapshot.rows(statement, self.scope)

    def kept(
        self,
        fetch: Fetch,
        rollups: Sequence[Rollup],
        measures: Sequence[str],
        codes: Sequence[str],
        company: Sequence[str],
        since: date | None,
    ) -> Wide | None:
        """Return rows of roll-ups from memory, fetched where they are missing; None when they are too scattered to be kept."""
        return self.snapshot.kept_sums.of(fetch, self.scope, self.outermost, rollups, measures, codes, company, since)

    def read_below(
        self, fetch: Fetch, code: str, since: float, company_of: Callable[[str], Sequence[str]]
    ) -> Iterator[None]:
        """Read of the regions below ``code`` what was asked of it ``since`` then; stop after each question to the store."""
        return self.snapshot.kept_sums.read_below(fetch, self.scope, self.outermost, code, since, company_of)
