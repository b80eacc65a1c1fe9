"""`python -m bench [NAME]`: run one benchmark, or all of them."""

import sys
from collections.abc import Callable

from bench import dashboard, datasets, demo, live, startup, store, strategies, training
from bench.rows import Row, publish

BENCHES: dict[str, Callable[[], list[Row]]] = {
    "startup": startup.measure,
    "datasets": datasets.measure,
    "training": training.measure,
    "store": store.measure,
    "strategies": strategies.measure,
    "dashboard": dashboard.measure,
    "live": live.measure,
    "demo": demo.measure,
}


def main(names: list[str]) -> int:
    """Run the named benchmarks and publish their rows."""
    chosen = list(BENCHES) if names in ([], ["all"]) else names
    unknown = [name for name in chosen if name not in BENCHES]
    if unknown:
        print(f"There is no benchmark `{unknown[0]}`: use {', '.join(BENCHES)} or all", file=sys.stderr)
        return 1
    for name in chosen:
        publish(name, BENCHES[name]())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
