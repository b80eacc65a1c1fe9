"""What may differ between the launches of a run, and what must not."""

from collections.abc import Mapping
from typing import Any

from tunescope.errors import RunError

# Of the search, what says how long and how wide it goes.
FREE_OF_SEARCH = {"max_trials", "max_seconds", "target_accuracy", "patience", "workers"}
# None stands for a whole section that may differ, as one that says how a run is shown.
_FREE_KEYS: Mapping[str, set[str] | None] = {
    "run": None,
    "report": None,
    "benchmark": None,
    "search": FREE_OF_SEARCH,
}


def require_same_parameters(row: Mapping[str, Any], parameters: Mapping[str, Any]) -> None:
    """See that a run is launched again as it was.

    Args:
        row: of the run, as its last launch left it.
        parameters: that it is launched with now.

    Raises:
        RunError: when something differs that must not.
    """
    before, after = _fixed(row["parameters"]), _fixed(parameters)
    changed = sorted(key for key in before.keys() | after.keys() if before.get(key) != after.get(key))
    if changed:
        key = changed[0]
        raise RunError(
            f"`{key}` is `{after.get(key)}`, but run `{row['run_id']}` was launched with "
            f"`{before.get(key)}`: launch it with the same parameters, or choose another `run.id`"
        )


def _fixed(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The leaves of a parameter tree that a second launch must not change, by dotted key."""
    leaves = {}
    for key, section in parameters.items():
        free = _FREE_KEYS.get(key, set())
        for field, value in section.items():
            if free is not None and field not in free:
                leaves[f"{key}.{field}"] = value
    return leaves
