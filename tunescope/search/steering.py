"""What people ask of a running search: configurations, budgets, workers; read, typed and checked."""

from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from tunescope.errors import ParameterError, RunError
from tunescope.parameters import faults as parameter_faults
from tunescope.search.space import Configuration, Space
from tunescope.store import Store, commands, frames, runs
from tunescope.store.trials import study_record

LIVE = ("starting", "running", "paused")
BUDGETS = ("max_trials", "max_seconds", "target_accuracy", "patience")


def ask(
    store: Store, run_id: str, name: commands.CommandName, argument: Mapping[str, Any] | None = None
) -> int:
    """Send a command to a run that a process works on; returns the command's id.

    Raises:
        UnknownNameError: when there is no such run.
        RunError: when no process works on it.
        ParameterError: when the argument lacks something, or holds what the command does not take.
    """
    state = runs.get(store, run_id)["state"]
    if state not in LIVE:
        raise RunError(
            f"Run `{run_id}` is {state}, and reads no commands any more: only a run at work can be steered"
        )
    return commands.send(store, run_id, name, argument)


def limits_of(store: Store, run_id: str) -> dict[str, Any]:
    """The budgets and the number of workers of a run, as they were last changed; ``None`` is no limit.

    Raises:
        UnknownNameError: when there is no such run.
    """
    search = runs.get(store, run_id)["parameters"].get("search", {})
    return {name: search.get(name) for name in (*BUDGETS, "workers")}


def check_limits(store: Store, run_id: str, changes: Mapping[str, Any]) -> None:
    """See that a run may go on with other budgets, or with another number of workers.

    Raises:
        UnknownNameError: when there is no such run.
        ParameterError: with one sentence (a line each) for every fault.
    """
    search = {"dataset": {"source": "any"}, "search": {**limits_of(store, run_id), **changes}}
    if found := parameter_faults(search):
        raise ParameterError("\n".join(found))


def space_of(store: Store, run_id: str) -> Space:
    """The space that the studies of a run search.

    Raises:
        RunError: when the run has no study yet.
    """
    studies = frames.studies_frame(store, run_id)
    if studies.empty:
        raise RunError(f"Run `{run_id}` has not begun to search: wait until its first study has")
    # The studies of one run share their models, and so their space.
    return Space.from_dict(study_record(store, int(studies["study_id"].iloc[-1]))["space"])


def configuration_of(space: Space, given: Mapping[str, Any]) -> Configuration:
    """What was given, typed as the space wants it; what was not given is left to the strategy.

    Args:
        space: the declared hyperparameters.
        given: values by name, such as ``{"model": "svm", "svm.C": "10"}``; texts are read as YAML is.

    Raises:
        ParameterError: with one sentence (a line each) for every fault.
    """
    declared = space.to_dict()
    configuration = {name: typed(declared.get(name, {}), value) for name, value in given.items()}
    faults = [*space.faults(configuration), *_needed(configuration, declared)]
    if faults:
        raise ParameterError("\n".join(faults))
    return configuration


def assignments(texts: Iterable[str]) -> dict[str, str]:
    """``["model=svm", "svm.C=10"]`` as names and values.

    Raises:
        ParameterError: when one of them is no ``name=value``, or when a name comes twice.
    """
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not name or not equals:
            raise ParameterError(f"`{text}` must be written as `name=value`, such as `model=svm`")
        if name in found:
            raise ParameterError(f"`{name}` is given twice: give it once")
        found[name] = value
    return found


def typed(entry: Mapping[str, Any], value: Any) -> Any:
    """A value in the type of its entry; one that fits nothing stays as it is, for the check to name it."""
    for choice in entry.get("choices", ()):
        if str(choice) == str(value):
            return choice
    read = _read(value)
    if entry.get("type") == "categorical" or isinstance(read, bool) or not isinstance(read, int | float):
        return read
    is_whole = entry.get("type") == "int" and float(read).is_integer()
    return int(read) if is_whole else float(read) if entry.get("type") == "float" else read


def _read(value: Any) -> Any:
    """A text as YAML reads it, and `1e-3`, which YAML takes for a text, as a number."""
    if not isinstance(value, str):
        return value
    try:
        return float(value) if "e" in value.lower() else yaml.safe_load(value)
    except (ValueError, yaml.YAMLError):
        return value


def _needed(configuration: Configuration, declared: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Without its model a configuration says nothing: every other value hangs on it."""
    if "model" not in declared or "model" in configuration:
        return []
    models = ", ".join(f"`{model}`" for model in declared["model"]["choices"])
    return [f"`model` is missing: give one of {models}"]
