"""Run every benchmark of this folder in turn; BENCH_ROWS sets the size (default 1,000,000 of each kind)."""

from __future__ import annotations

import importlib
import pkgutil

import benchmarks


def main() -> None:
    for module in pkgutil.iter_modules(benchmarks.__path__):
        if module.name.endswith("_bench"):
            print(f"\n== {module.name}")
            importlib.import_module(f"benchmarks.{module.name}").main()


if __name__ == "__main__":
    main()
