"""What must not be missed on the page of a run: who won, why it failed, what became of it."""

import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from dash import html

from dashboard import links
from dashboard.components import steering
from dashboard.components.basics import button_link, file_link
from dashboard.components.notices import notice
from dashboard.reading import since, stage_name
from dashboard.run_view import RunView
from dashboard.wording import ago, count, duration, interval, is_missing, memory, percent

# A run that cannot write to its disk cannot write down why it ended either.
_LITTLE_ROOM = 10_000_000


def verdict(view: RunView) -> Any:
    """One notice for the state of a run; none for one that simply searches."""
    if view.is_live:
        return _at_work(view)
    tellers = {
        "finished": _prepared if view.is_preparation else _winner,
        "failed": _failed,
        "interrupted": _interrupted,
        "stopped": _stopped,
    }
    return tellers[view.state](view) if view.state in tellers else None


def _at_work(view: RunView) -> Any:
    if view.is_silent:
        return _silent(view)
    if (stop := steering.last_stop(view)) is not None:
        return _stopping(view, stop)
    if view.state == "starting":
        return notice("info", "Starting", "The process of this run is on its way; this takes a few seconds.")
    if view.state == "paused":
        return notice("info", "Paused", f"No new trial begins until you resume the run. {_rest(view)}")
    return None


def _silent(view: RunView) -> Any:
    silence = duration(round(since(view.row["heartbeat"])))
    who = f"Process {view.row['pid']} on {view.row['host']} is there, but was last heard of"
    why = "it was halted, its machine has slept, or it cannot write to its store"
    return notice("warning", "No sign of life", f"{who} {silence} ago: {why}.")


def _rest(view: RunView) -> str:
    if not view.running:
        return "None is in training."
    goes = "goes on to its end" if len(view.running) == 1 else "go on to their end"
    return f"{count(len(view.running), 'trial')} in training {goes}."


def _stopping(view: RunView, asked: Mapping[str, Any]) -> Any:
    if is_missing(asked["acknowledged"]):
        waits = "The search reads this within a second once it is training."
        return notice("info", "Stop asked for", waits)
    if steering.is_patient(asked):
        return notice("info", "Stopping after the trials in training", f"No new trial begins. {_rest(view)}")
    told = str(asked["outcome"] or "").removeprefix("Stopping: ")
    return notice("info", "Stopping", f"{told[:1].upper()}{told[1:]}")


def _failed(view: RunView) -> Any:
    reason = view.row["reason"] or "Its process ended before the work began; the log below says more."
    mend = "Resume tries again from where it stopped; Run again opens its settings to change them."
    return notice("danger", "This run failed", f"{reason.rstrip('.')}. {mend}")


def _interrupted(view: RunView) -> Any:
    row = view.row
    step = f" during {stage_name(row['stage'])}" if row["stage"] else ""
    what = f"Process {row['pid']} on {row['host']} ended without a word{step}, {ago(row['heartbeat'])}."
    return notice("warning", "Interrupted", " ".join([what, *_without_room(view.folder), _kept(view)]))


def _without_room(folder: Path) -> list[str]:
    """That a disk is full, which is likely why a run ended, and what to do before it goes on."""
    with suppress(OSError):
        free = shutil.disk_usage(folder).free
        if free < _LITTLE_ROOM:
            return [f"The disk of {folder} has room for {memory(free)}, which may be why: make room first."]
    return []


def _stopped(view: RunView) -> Any:
    reason = f"{str(view.row['reason']).rstrip('.')}. " if view.row["reason"] else ""
    told = f"{reason[:1].upper()}{reason[1:]}"
    if view.benchmark is None:
        return notice("info", "Stopped", f"{told}{_kept(view)}")
    told += f"The winner so far is {_model(view)}: {_measured(view.benchmark)} {_kept(view)}"
    return notice("info", "Stopped", told, _ways(view.benchmark))


def _kept(view: RunView) -> str:
    ended = view.tally.ended if view.tally else 0
    stays = "1 trial that has ended stays" if ended == 1 else f"{count(ended, 'trial')} that have ended stay"
    return f"Resume goes on where it stopped; {f'the {stays}' if ended else 'nothing is lost'}."


def _prepared(view: RunView) -> Any:
    if view.dataset is None:
        return None
    one = view.dataset
    text = f"{count(one['images'], 'image')} in {count(len(one['classes']))} classes, ready for every run."
    see = button_link("See the dataset", "images", links.dataset(one["name"], fingerprint=one["fingerprint"]))
    return notice("good", f"{one['name']} is prepared", text, see)


def _winner(view: RunView) -> Any:
    measured = view.benchmark
    if measured is None:
        return notice("warning", "Finished without a winner", "No trial was trained to its end.")
    return notice("good", f"The winner is {_model(view)}", _measured(measured), _ways(measured))


def _model(view: RunView) -> str:
    return str(view.winner["model"]) if view.winner else "a model"


def _measured(winner: Mapping[str, Any]) -> str:
    return (
        f"{percent(winner['test_accuracy'])} of the sealed test images are right "
        f"(95% interval {interval(winner['test_accuracy_low'], winner['test_accuracy_high'])}), "
        f"{duration(winner['latency_ms'] / 1e3)} an image."
    )


def _ways(winner: Mapping[str, Any]) -> html.Div:
    """To the winner's page, to what it says of other photos, and the winner itself."""
    study, number = str(winner["study"]), int(winner["number"])
    actions = [
        button_link("See the winner", "trophy", links.trial(study, number)),
        button_link("Try it on photos", "camera", links.predict(study, number)),
        file_link("Download it", "download", links.model(int(winner["trial_id"]))),
    ]
    return html.Div(actions, className="row-actions")
