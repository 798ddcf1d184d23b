"""Run the benchmarks of this folder in turn, or those named (`queries`, `import` …); BENCH_ROWS sets the size."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Sequence

import benchmarks

SUFFIX = "_bench"


def names() -> list[str]:
    """Return the names of the benchmarks there are."""
    return sorted(
        module.name.removesuffix(SUFFIX)
        for module in pkgutil.iter_modules(benchmarks.__path__)
        if module.name.endswith(SUFFIX)
    )


def chosen(arguments: Sequence[str]) -> list[str]:
    """Return the named benchmarks, or all.

    Raises
    ------
    SystemExit
        When a name is none of theirs; the message lists them.
    """
    known = names()
    unknown = [name for name in arguments if name.removesuffix(SUFFIX) not in known]
    if unknown:
        raise SystemExit(f"There is no benchmark {unknown[0]!r}. There are: {', '.join(known)}.")
    return [name.removesuffix(SUFFIX) for name in arguments] or known


def main() -> None:
    """Run what the command line names."""
    for name in chosen(sys.argv[1:]):
        print(f"\n== {name}", flush=True)
        importlib.import_module(f"benchmarks.{name}{SUFFIX}").main()


if __name__ == "__main__":
    main()
