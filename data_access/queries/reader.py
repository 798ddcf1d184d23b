"""Answer the screens' questions from the served snapshot, always within a scope."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
import sqlalchemy as sa

from data_access import schema
from data_access.access import Scope
from data_access.audit import AuditBook
from data_access.errors import ConfigError, NoSnapshotError, ScopeError, StoreUnavailableError
from data_access.home import Home
from data_access.measures import load_histograms, load_measures
from data_access.queries import (
    assessment_queries,
    award_queries,
    dispute_queries,
    duty_queries,
    measure_queries,
    record_queries,
)
from data_access.queries.exposure import Exposure, exposure, person_years
from data_access.queries.snapshot import OpenSnapshot, ScopedSnapshot, SnapshotInfo
from data_access.store.frames import Columns
from data_access.store.snapshot_store import snapshot_store

if TYPE_CHECKING:
    import geopandas as gpd

MAX_RECORDS = 500
MAX_POINTS = 20_000
MAX_OFFSET = 2**31 - 1  # more than any list holds


class SnapshotReader:
    """Read the snapshot that is served, and follow the pointer when a new one is published.

    Safe for many threads. Every method takes the viewer's :class:`Scope` first and raises :class:`ScopeError` for a
    region outside it.

    Parameters
    ----------
    home : Home
        Folder of the data set.
    snapshot_id : str, optional
        Read this kept snapshot instead of the served one, and don't follow the pointer.
    """

    def __init__(self, home: Home, snapshot_id: str | None = None) -> None:
        self._home = home
        self._store = snapshot_store(home)
        self._fixed = snapshot_id
        self._lock = threading.Lock()
        self._open: OpenSnapshot | None = None
        if snapshot_id is not None and snapshot_id not in self.kept_snapshot_ids():
            kept = ", ".join(self.kept_snapshot_ids()) or "—"
            raise NoSnapshotError(
                f"Snapshot {snapshot_id} is not kept. Kept: {kept}.",
                f"没有保留快照 {snapshot_id}。现有：{kept}。",
                operator=str(home.path),
                snapshot_id=snapshot_id,
            )

    # -- the snapshot -------------------------------------------------------------------------------------------------

    def snapshot(self) -> SnapshotInfo:
        """Return the stamp of the snapshot that is read now."""
        return self._current().info

    @property
    def home(self) -> Home:
        """The folder of the data set."""
        return self._home

    def kept_snapshot_ids(self) -> list[str]:
        """Return the ids that can be asked for again."""
        return self._store.kept_snapshot_ids()

    def unreachable_since(self) -> datetime | None:
        """Return since when (UTC) the database can't be reached, so that the last good state is shown; else None."""
        return self._store.unreachable_since()

    def _current(self) -> OpenSnapshot:
        moved = self._fixed is None and self._store.may_have_moved()
        if self._open is not None and not moved:
            return self._open
        with self._lock:
            try:
                snapshot_id = self._fixed or self._store.served_snapshot_id()
                if self._open is None or self._open.info.snapshot_id != snapshot_id:
                    fresh = OpenSnapshot(self._store.open(snapshot_id), snapshot_id)
                    fresh.warm()
                    self._open = fresh
            except StoreUnavailableError:
                if self._open is None:
                    raise
            return self._open

    def _within(self, scope: Scope) -> ScopedSnapshot:
        """Return the snapshot that is read now as ``scope`` sees it; after the scope was checked."""
        return self._current().within(scope)

    # -- regions ------------------------------------------------------------------------------------------------------

    def regions(self, scope: Scope) -> pd.DataFrame:
        """Return the regions in scope and their ancestors, parents before children.

        Returns
        -------
        DataFrame
            Indexed by ``region_code``; columns ``name, name_en, level, depth, parent_code, urban, lon, lat, in_scope``.
            Ancestors serve the breadcrumb only and have ``in_scope`` false.
        """
        self._check_codes(scope, [scope.region_code])
        return self._current().regions_within(scope.region_code).copy(deep=False)

    def region_path(self, scope: Scope, region_code: str) -> tuple[str, ...]:
        """Return the codes from the outermost region down to ``region_code``, which must be in scope."""
        self._check_codes(scope, [region_code])
        codes = self._current().ancestors.loc[region_code, list(schema.ANCESTOR_COLUMNS)]
        return tuple(str(code) for code in codes.dropna())

    def geometry(self, scope: Scope, codes: Sequence[str]) -> gpd.GeoDataFrame:
        """Return the polygons of ``codes`` that have one (columns ``region_code, geometry``, degrees)."""
        import geopandas as gpd  # heavy: loaded when first needed

        shapes = self.shapes(scope, codes)
        return gpd.GeoDataFrame({"region_code": shapes.index}, geometry=shapes.to_numpy(), crs=4326)

    def shapes(self, scope: Scope, codes: Sequence[str]) -> pd.Series:
        """Return the polygons of ``codes`` that have one, by code, in degrees, for who needs no more than shapely."""
        self._check_codes(scope, codes)
        table = schema.region_geometry
        frame = self._within(scope).read(
            sa.select(table.c.region_code, table.c.wkb)
            .where(table.c.region_code.in_(list(codes)))
            .order_by(table.c.region_code)
        )
        polygons = shapely.from_wkb(frame["wkb"].to_numpy(object))
        return pd.Series(polygons, index=pd.Index(frame["region_code"], name="region_code"), dtype=object)

    def boundary_changes(self, scope: Scope) -> pd.DataFrame:
        """Return which regions in scope, and of their ancestors, took over old codes or did not exist before a day.

        Returns
        -------
        DataFrame
            ``region_code, kind, changed_on, old_code, name, name_en``; kind ``took_over``: rows of the old code count at
            the region in all periods, so that they compare; ``began``: there is nothing of the region before that day.
        """
        self._check_codes(scope, [scope.region_code])
        regions = self._current().regions_within(scope.region_code)
        changes = self._current().boundary_changes
        return changes[changes["region_code"].isin(regions.index)].reset_index(drop=True)

    def neighbours(self, scope: Scope, codes: Sequence[str]) -> pd.DataFrame:
        """Return the pairs among ``codes`` that touch (columns ``region_code, neighbour_code``)."""
        self._check_codes(scope, codes)
        table = schema.region_neighbour
        return self._within(scope).read(
            sa.select(table)
            .where(table.c.region_code.in_(list(codes)), table.c.neighbour_code.in_(list(codes)))
            .order_by(table.c.region_code, table.c.neighbour_code)
        )

    # -- numbers ------------------------------------------------------------------------------------------------------

    def measure_values(
        self,
        scope: Scope,
        measures: Sequence[str],
        codes: Sequence[str],
        start: date | None,
        end: date,
        grain: str = "total",
        by: Sequence[str] = (),
    ) -> pd.DataFrame:
        """Return measures of regions over a span of days, summed (flows) or as last known (stocks).

        Parameters
        ----------
        scope : Scope
        measures : sequence of str
            Keys of config/measures.toml.
        codes : sequence of str
            Region codes, of one or several depths.
        start, end : date
            First and last day, both counted; no start means from the beginning.
        grain : {"total", "year", "month", "day"}
        by : subset of {"class_code", "channel"}

        Returns
        -------
        DataFrame
            ``measure, region_code[, period_start][, class_code][, channel], value``; combinations without rows are
            absent. A span of whole years is answered from years, of whole months from months, else from days.

        Raises
        ------
        ScopeError, ConfigError
        """
        self._check_codes(scope, codes)
        self._check_measures(measures)
        return measure_queries.measure_values(self._within(scope), measures, codes, start, end, grain, by)

    def monthly_values(
        self,
        scope: Scope,
        measures: Sequence[str],
        codes: Sequence[str],
        start: date,
        end: date,
        by: Sequence[str] = (),
    ) -> tuple[Columns, np.ndarray]:
        """Return what :meth:`measure_values` does month by month, side by side: for who reckons with many months at once.

        Parameters
        ----------
        start, end : date
            The first day of a month, and the last day of one.

        Returns
        -------
        labels : dict of str to ndarray
            ``measure, region_code[, class_code][, channel]``.
        values : ndarray, shape (labels, months)
            NaN where there are no rows.
        """
        self._check_codes(scope, codes)
        self._check_measures(measures)
        return measure_queries.monthly_values(self._within(scope), measures, codes, start, end, by)

    def span_values(
        self,
        scope: Scope,
        measures: Sequence[str],
        codes: Sequence[str],
        spans: Sequence[measure_queries.Span],
        by: Sequence[str] = (),
    ) -> Columns:
        """Return measures of regions over several spans, as :meth:`measure_values` has them for one.

        Parameters
        ----------
        spans : sequence of (first day or None, last day)

        Returns
        -------
        dict of str to ndarray
            ``measure, region_code[, class_code][, channel]`` and ``value_0, value_1 …``, NaN where a span has no
            rows. Spans of different grains stand in rows of their own, so that one combination may come several times.
        """
        self._check_codes(scope, codes)
        self._check_measures(measures)
        return measure_queries.span_values(self._within(scope), measures, codes, spans, by)

    def histograms(
        self,
        scope: Scope,
        measures: Sequence[str],
        codes: Sequence[str],
        start: date | None,
        end: date,
        by_class: bool = False,
    ) -> Columns:
        """Return waiting times in bins.

        Returns
        -------
        dict of str to ndarray
            ``measure, region_code[, class_code], bin, value, lower, upper``, in no order; days, the last upper inf.
        """
        self._check_codes(scope, codes)
        for measure in measures:
            if measure not in load_histograms():
                raise _unknown("histogram", "等待时间", measure)
        return measure_queries.histograms(self._within(scope), measures, codes, start, end, by_class)

    def read_below(self, scope: Scope, region_code: str, since: float) -> Iterator[None]:
        """Read below a region what was asked of it ``since`` then (``time.monotonic()``); stop after each question."""
        self._check_codes(scope, [region_code])
        return measure_queries.read_below(self._within(scope), region_code, since)

    def person_years(
        self, scope: Scope, codes: Sequence[str], start: date, end: date, grain: str = "total"
    ) -> pd.DataFrame:
        """Return the population at risk (see :func:`data_access.queries.exposure.person_years`)."""
        self._check_codes(scope, codes)
        return person_years(self._current().population, codes, start, end, grain)

    def exposure(self, scope: Scope, codes: Sequence[str], start: date, end: date, grain: str = "total") -> Exposure:
        """Return :meth:`person_years` as arrays (see :func:`data_access.queries.exposure.exposure`)."""
        self._check_codes(scope, codes)
        return exposure(self._current().population, codes, start, end, grain)

    def population_gaps(self) -> Mapping[str, frozenset[int]]:
        """Return by region the years whose population was added up although some of the regions below have none."""
        return self._current().population_gaps

    def coverage(self, scope: Scope) -> pd.DataFrame:
        """Return which source and basis each measure stands on and for which days."""
        self._check_codes(scope, [scope.region_code])
        frame = self._within(scope).read(sa.select(schema.measure_coverage))
        return frame.sort_values(["measure", "basis", "source", "grain"], ignore_index=True)

    def lateness(self, scope: Scope) -> pd.DataFrame:
        """Return how long each county in scope has been silent in each source."""
        table, codes = schema.source_lateness, self._counties(scope)
        order = (table.c.source, table.c.region_code, table.c.last_day, table.c.days_late)
        return self._within(scope).read(sa.select(table).where(table.c.region_code.in_(codes)).order_by(*order))

    def quality(self, scope: Scope, start: date, end: date) -> pd.DataFrame:
        """Return what data quality is judged by, added up over the months from ``start`` to ``end``.

        Returns
        -------
        DataFrame
            ``source, target, region_code, aspect, detail, value`` by county in scope (the outermost region for sources
            without counties).
        """
        codes = self._counties(scope)
        table = schema.source_quality
        names = [table.c[name] for name in ("source", "target", "region_code", "aspect", "detail")]
        return self._within(scope).read(
            sa.select(*names, sa.func.sum(table.c.value).label("value"))
            .where(table.c.region_code.in_(codes), table.c.month >= start, table.c.month <= end)
            .group_by(*names)
            .order_by(*names)
        )

    def _counties(self, scope: Scope) -> list[str]:
        """Return the counties in scope, and the whole when the scope is the whole."""
        regions = self.regions(scope)
        return regions.index[(regions["depth"] <= 1) & regions["in_scope"]].tolist()

    # -- bounded lists ------------------------------------------------------------------------------------------------

    def records(
        self,
        scope: Scope,
        table: str,
        region_code: str,
        start: date | None,
        end: date,
        where: Mapping[str, object] | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> pd.DataFrame:
        """Return the newest rows of ``table`` in a region (incident, dispute, case_package, decision, meeting).

        That the list was opened is recorded for the auditor.
        """
        self._check_codes(scope, [region_code])
        self._check_permission(scope, "records")
        depth, page = self._depth(region_code), (_bounded(limit), _bounded(offset, MAX_OFFSET))
        asked = {name: str(value) for name, value in (where or {}).items()}
        AuditBook(self._home).record_once(
            "records", scope, self.snapshot().snapshot_id, table=table, region=region_code, end=end, **asked
        )
        return record_queries.newest_records(
            self._within(scope), table, region_code, depth, start, end, where or {}, *page
        )

    def vetoes(self, scope: Scope, region_code: str, first_year: int, last_year: int) -> pd.DataFrame:
        """Return the vetoes of a region and those below it for some years of assessment."""
        self._check_codes(scope, [region_code])
        self._check_permission(scope, "records")
        depth = self._depth(region_code)
        return assessment_queries.vetoes(self._within(scope), region_code, depth, first_year, last_year)

    def pilot_sites(self, scope: Scope, region_code: str, as_of: date) -> pd.DataFrame:
        """Return the pilot sites of a region and those below it that were in the pool on ``as_of``."""
        self._check_codes(scope, [region_code])
        return assessment_queries.pilot_sites(self._within(scope), region_code, self._depth(region_code), as_of)

    def awards(self, scope: Scope, region_code: str, start: date, end: date, limit: int = 100) -> pd.DataFrame:
        """Return the awards of the fund in a region that were approved on these days, newest first."""
        depth = self._listed_depth(scope, region_code)
        return award_queries.awards(self._within(scope), region_code, depth, start, end, _bounded(limit))

    def largest_award(self, scope: Scope, region_code: str, start: date, end: date) -> float:
        """Return the largest award of the fund in a region in yuan, NaN when there is none."""
        self._check_codes(scope, [region_code])
        depth = self._depth(region_code)
        return award_queries.largest_award(self._within(scope), region_code, depth, start, end)

    def disputes(
        self,
        scope: Scope,
        region_code: str,
        start: date,
        end: date,
        stage: str = "received",
        filters: Mapping[str, str] | None = None,
        limit: int = 50,
        offset: int = 0,
    ) -> pd.DataFrame:
        """Return a page of dispute records without parties: number, class, channel, colour, unit and times.

        Parameters
        ----------
        start, end : date
            Disputes received on these days; for what waits (``open``, ``overdue``, ``red_open``, ``red_unpackaged``)
            how things stood at the end of the last day, longest overdue first.
        stage : str
            One of :data:`data_access.queries.dispute_queries.STAGES`.
        filters : mapping, optional
            ``class_code``, ``channel`` and ``risk_colour`` to keep.
        """
        depth, page = self._listed_depth(scope, region_code), (_bounded(limit), _bounded(offset, MAX_OFFSET))
        return dispute_queries.dispute_page(
            self._within(scope), region_code, depth, start, end, stage, dict(filters or {}), *page
        )

    def dispute_count(
        self,
        scope: Scope,
        region_code: str,
        start: date,
        end: date,
        stage: str = "received",
        filters: Mapping[str, str] | None = None,
    ) -> int:
        """Return how many records all pages of :meth:`disputes` hold."""
        depth = self._listed_depth(scope, region_code)
        return dispute_queries.dispute_count(
            self._within(scope), region_code, depth, start, end, stage, dict(filters or {})
        )

    def overdue(self, scope: Scope, region_code: str, as_of: date, limit: int = 50) -> pd.DataFrame:
        """Return decisions and case packages past due on ``as_of``, longest first."""
        self._check_codes(scope, [region_code])
        depth = self._depth(region_code)
        return record_queries.overdue_items(self._within(scope), region_code, depth, as_of, _bounded(limit))

    def points(
        self, scope: Scope, category: str, region_code: str, start: date, end: date, limit: int = 5_000
    ) -> pd.DataFrame:
        """Return coordinates of incidents (or of disputes, for ``category='dispute'``), newest first.

        Raises
        ------
        ScopeError
            When the role may not see homicides of a real city as points; ask for :meth:`density` instead.
        """
        self._check_codes(scope, [region_code])
        if category != "dispute":
            self._check_permission(scope, "small_counts")
        if category == "homicide" and not self.snapshot().is_demonstration:
            self._check_permission(scope, "incident_points")
        depth = self._depth(region_code)
        return record_queries.points(
            self._within(scope), category, region_code, depth, start, end, _bounded(limit, MAX_POINTS)
        )

    def density(
        self, scope: Scope, category: str, region_code: str, start: date, end: date, side: float
    ) -> pd.DataFrame:
        """Return counts in squares of ``side`` degrees (``west, south, count``)."""
        self._check_codes(scope, [region_code])
        if category != "dispute":
            self._check_permission(scope, "small_counts")
        return record_queries.density(
            self._within(scope), category, region_code, self._depth(region_code), start, end, side
        )

    def facilities(self, scope: Scope, region_code: str) -> pd.DataFrame:
        """Return stations, teams and centres in a region."""
        self._check_codes(scope, [region_code])
        return record_queries.facilities(self._within(scope), region_code, self._depth(region_code))

    def imports(self, scope: Scope) -> pd.DataFrame:
        """Return the imports that the snapshot was built from, newest first."""
        self._check_codes(scope, [scope.region_code])
        table = schema.import_batch
        return self._within(scope).read(sa.select(table).order_by(table.c.finished_at.desc(), table.c.batch_id))

    # -- duties -------------------------------------------------------------------------------------------------------

    def meetings_of(self, scope: Scope, region_code: str, codes: Sequence[str], start: date, end: date) -> pd.DataFrame:
        """Return the meetings that ``codes``, the region or children of it, had to hold (``kind, due_on, held_on``)."""
        self._check_codes(scope, [region_code, *codes])
        depth = self._depth(region_code)
        return duty_queries.meetings_of(self._within(scope), region_code, depth, codes, start, end)

    def meetings_below(self, scope: Scope, region_code: str, start: date, end: date, as_of: date) -> pd.DataFrame:
        """Return the meetings of what lies below each child of the region, added up by kind and month."""
        self._check_codes(scope, [region_code])
        depth = self._depth(region_code)
        if depth + 2 >= len(schema.ANCESTOR_COLUMNS):
            return pd.DataFrame(columns=["region_code", "kind", "month", "due", "on_time", "late"])
        return duty_queries.meetings_below(self._within(scope), region_code, depth, start, end, as_of)

    def package_board(self, scope: Scope, region_code: str, by: int, start: date, as_of: date) -> pd.DataFrame:
        """Return case packages by region of depth ``by``: in hand, in review, overdue, by age, closed, sent back."""
        self._check_codes(scope, [region_code])
        depth = self._depth(region_code)
        return duty_queries.package_board(self._within(scope), region_code, depth, by, start, as_of)

    def package_posts(self, scope: Scope, region_code: str, start: date, as_of: date) -> pd.DataFrame:
        """Return the load of each leader post with packages in a region, most overdue first."""
        self._check_codes(scope, [region_code])
        self._check_permission(scope, "records")
        depth = self._depth(region_code)
        return duty_queries.package_posts(self._within(scope), region_code, depth, start, as_of, MAX_RECORDS)

    def open_packages(self, scope: Scope, region_code: str, as_of: date, limit: int = 100) -> pd.DataFrame:
        """Return open case packages, longest overdue first."""
        self._check_codes(scope, [region_code])
        self._check_permission(scope, "records")
        depth = self._depth(region_code)
        return duty_queries.open_packages(self._within(scope), region_code, depth, as_of, _bounded(limit))

    def owed_items(
        self, scope: Scope, table: str, region_code: str, start: date, as_of: date, limit: int = 100
    ) -> pd.DataFrame:
        """Return items of ``decision`` or ``consultation_item`` due since ``start`` or still open, open ones first."""
        self._check_codes(scope, [region_code])
        self._check_permission(scope, "records")
        depth = self._depth(region_code)
        return duty_queries.owed_items(self._within(scope), table, region_code, depth, start, as_of, _bounded(limit))

    def deliveries(self, scope: Scope, region_code: str, start: date, end: date, as_of: date) -> pd.DataFrame:
        """Return data sets due, delivered on time, late and missing, by department, data set and month."""
        self._check_codes(scope, [region_code])
        depth = self._depth(region_code)
        return duty_queries.deliveries(self._within(scope), region_code, depth, start, end, as_of)

    # -- checks -------------------------------------------------------------------------------------------------------

    def _listed_depth(self, scope: Scope, region_code: str) -> int:
        """Return the depth of a region whose records the viewer may list."""
        self._check_codes(scope, [region_code])
        self._check_permission(scope, "records")
        return self._depth(region_code)

    def _depth(self, code: str) -> int:
        return self._current().depths[code]

    def _check_codes(self, scope: Scope, codes: Sequence[str]) -> None:
        current = self._current()
        _ = scope.permissions
        if scope.region_code not in current.depths:
            raise ScopeError(
                f"Region {scope.region_code!r} of this viewer does not exist in the data.",
                f"当前用户的区划“{scope.region_code}”在数据中不存在。",
                region_code=scope.region_code,
            )
        if len(codes) == 1 and codes[0] == scope.region_code:
            return
        depth = current.depths[scope.region_code]
        if depth == 0:
            outside = [code for code in codes if code not in current.depths]
        else:
            above = current.above[depth]
            outside = [code for code in codes if above.get(code) != scope.region_code]
        if outside:
            self._record_refused(scope, region=outside[0])
            raise ScopeError(
                f"Region {outside[0]!r} is not within what this viewer may see.",
                f"区划“{outside[0]}”不在当前用户的可见范围内。",
                region_code=outside[0],
            )

    def _record_refused(self, scope: Scope, **asked: str) -> None:
        AuditBook(self._home).record_refused(scope, self._current().info.snapshot_id, **asked)

    def _check_permission(self, scope: Scope, permission: str) -> None:
        role = scope.permissions
        if not getattr(role, permission):
            self._record_refused(scope, permission=permission)
            raise ScopeError(
                f"The role {role.name_en} may not open this list.",
                f"角色“{role.name}”无权查看该清单。",
                role=scope.role,
            )

    @staticmethod
    def _check_measures(measures: Sequence[str]) -> None:
        if absent := [measure for measure in measures if measure not in load_measures()]:
            raise _unknown("measure", "计量", absent[0])


def _bounded(limit: int, most: int = MAX_RECORDS) -> int:
    return min(max(limit, 0), most)


def _unknown(kind: str, chinese: str, name: str) -> ConfigError:
    return ConfigError(
        f"There is no {kind} {name!r} in config/measures.toml.",
        f"config/measures.toml 中没有{chinese}“{name}”。",
        name=name,
    )
