"""What a search does about each command, and what it answers."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from tunescope.errors import TunescopeError
from tunescope.parameters import SearchParameters, check
from tunescope.search.space import Configuration, Space
from tunescope.store import runs
from tunescope.store.commands import Command
from tunescope.store.schema import STOPPED_BY_COMMAND

if TYPE_CHECKING:
    from tunescope.search.loop import StudySearch

Order = Callable[["StudySearch", Mapping[str, Any]], str]


def obey(search: "StudySearch", command: Command) -> str:
    """Do what a command asks; the answer is one sentence, also when it cannot be done."""
    try:
        return _ORDERS[command.name](search, command.argument or {})
    except KeyError:
        return f"Not done: this search knows no command `{command.name}`."
    except TunescopeError as error:
        return f"Not done: {'; '.join(str(error).splitlines())}."


def _pause(search: "StudySearch", argument: Mapping[str, Any]) -> str:
    runs.pause(search.store, search.plan.run_id, True)
    search.is_paused = True
    running = len(search.running)
    return f"Paused: {_trials(running)} in training will end, no other begins." if running else "Paused."


def _resume(search: "StudySearch", argument: Mapping[str, Any]) -> str:
    runs.pause(search.store, search.plan.run_id, False)
    search.is_paused = False
    return "Searching again."


def _stop(search: "StudySearch", argument: Mapping[str, Any]) -> str:
    if argument.get("finish_trials") and search.running:
        search.is_ending = True
        return f"Stopping: {_trials(len(search.running))} in training will end, no other begins."
    search.ended_because = STOPPED_BY_COMMAND
    return "Stopping: running trials end now." if search.running else "Stopping: no trial is in training."


def _prune(search: "StudySearch", argument: Mapping[str, Any]) -> str:
    number = argument["number"]
    found = [one for one in search.running.values() if one.trial.number == number]
    if argument["study"] != search.plan.name or not found:
        return f"Not done: trial {number} of `{argument['study']}` is not in training."
    search.prune(found[0], "pruned by command")
    return f"Trial {number} ends now."


def _enqueue(search: "StudySearch", argument: Mapping[str, Any]) -> str:
    configuration, strategy = argument["configuration"], argument.get("strategy") or search.plan.strategy
    if strategy != search.plan.strategy:
        return f"Not done: the study of `{strategy}` is not searching now."
    found = _faults(search.plan.space, configuration)
    if found:
        return f"Not done: {'; '.join(found)}."
    search.study.enqueue_trial(configuration)
    return "Queued: it is tried as soon as a worker is free."


def _faults(space: Space, configuration: Configuration) -> list[str]:
    return space.faults(configuration) if configuration else ["the configuration is empty"]


def _budget(search: "StudySearch", argument: Mapping[str, Any]) -> str:
    search.change(_changed(search.plan.search, argument))
    runs.change_search(search.store, search.plan.run_id, argument)
    return "The budget is changed: it holds from now on."


def _workers(search: "StudySearch", argument: Mapping[str, Any]) -> str:
    count = argument["count"]
    search.change(_changed(search.plan.search, {"workers": count}))
    runs.change_search(search.store, search.plan.run_id, {"workers": count})
    search.workers.resize(count)
    return f"{_trials(count)} are trained at a time from now on."


def _changed(parameters: SearchParameters, changes: Mapping[str, Any]) -> SearchParameters:
    """Parameters with some changes.

    Raises:
        ParameterError: when a change breaks a rule.
    """
    search = {**parameters.model_dump(mode="json"), **changes}
    return check({"dataset": {"source": "known"}, "search": search}).search


def _trials(count: int) -> str:
    return "1 trial" if count == 1 else f"{count} trials"


_ORDERS: Mapping[str, Order] = {
    "pause": _pause,
    "resume": _resume,
    "stop": _stop,
    "prune": _prune,
    "enqueue": _enqueue,
    "budget": _budget,
    "workers": _workers,
}
