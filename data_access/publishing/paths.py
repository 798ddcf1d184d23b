"""Where a region code leads: its successor and its ancestors at each depth."""

from __future__ import annotations

import pandas as pd

from data_access.errors import PublishRefused
from data_access.schema import ANCESTOR_COLUMNS


def region_paths(regions: pd.DataFrame) -> pd.DataFrame:
    """Return the ancestors of every code, old codes leading to their successors.

    Parameters
    ----------
    regions : DataFrame
        Rows of the ``region`` table.

    Returns
    -------
    DataFrame
        Columns ``region_code, code_0 … code_3``; a code of depth d has empty codes below d.

    Raises
    ------
    PublishRefused
        When a code repeats, a parent or successor is missing, or the chain of either runs in a circle.
    """
    repeated = regions.loc[regions["region_code"].duplicated(), "region_code"].tolist()
    if repeated:
        raise _refused("region codes that repeat", "重复的区划代码", repeated)
    parents: dict[str, str | None] = {
        code: parent if isinstance(parent, str) and parent else None
        for code, parent in zip(regions["region_code"], regions["parent_code"], strict=True)
    }
    successors = {
        code: successor
        for code, successor in zip(regions["region_code"], regions["successor_code"], strict=True)
        if isinstance(successor, str) and successor
    }
    depths = dict(zip(regions["region_code"], regions["depth"], strict=True))
    _check_links(parents, successors, depths)

    rows = []
    for code in parents:
        current = _end_of_chain(code, successors)
        ancestors: list[str | None] = [None] * len(ANCESTOR_COLUMNS)
        step: str | None = current
        while step is not None:
            ancestors[int(depths[step])] = step
            step = parents[step]
            if step is not None:
                step = _end_of_chain(step, successors)
        rows.append((code, *ancestors))
    return pd.DataFrame(rows, columns=["region_code", *ANCESTOR_COLUMNS])


def _check_links(parents: dict[str, str | None], successors: dict[str, str], depths: dict[str, int]) -> None:
    roots = [code for code, parent in parents.items() if not parent and code not in successors]
    if len(roots) != 1:
        raise _refused(
            "one region without a parent, the root, is needed; found", "应恰有一个没有上级的根区划，现有", roots
        )
    lost = [code for code, parent in parents.items() if parent and parent not in parents]
    if lost:
        raise _refused("regions whose parent code is missing", "上级代码不存在的区划", lost)
    gone = [code for code, successor in successors.items() if successor not in parents]
    if gone:
        raise _refused("regions whose successor code is missing", "承继代码不存在的区划", gone)
    misplaced = [code for code, parent in parents.items() if parent and depths[code] != depths[parent] + 1]
    if misplaced:
        raise _refused("regions that are not one level below their parent", "层级与上级不衔接的区划", misplaced)


def _end_of_chain(code: str, successors: dict[str, str]) -> str:
    seen = {code}
    while code in successors:
        code = successors[code]
        if code in seen:
            raise _refused("region codes that succeed each other in a circle", "承继关系成环的区划代码", sorted(seen))
        seen.add(code)
    return code


def _refused(english: str, chinese: str, codes: list[str]) -> PublishRefused:
    shown = ", ".join(map(str, codes[:5])) + (f" … ({len(codes)})" if len(codes) > 5 else "")
    return PublishRefused(
        f"Not published: {english}: {shown}. Correct the region file and import it again.",
        f"未发布：{chinese}:{shown}。请更正区划文件后重新导入。",
        codes=codes,
    )
