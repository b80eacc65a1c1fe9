"""The figures at the top of the page of a run: best, trials, time, and how much of the budget is left."""

from typing import Any

from dash import html

from dashboard import links
from dashboard.components import steering
from dashboard.components.basics import link, tile
from dashboard.components.progress import budget_meters
from dashboard.run_view import RunView, time_left
from dashboard.wording import NOTHING, ago, count, duration, interval, is_missing, percent, tied
from tunescope.analysis.remaining import Remaining

_ABOUT = "About "


def tiles(view: RunView) -> html.Div:
    """Four figures: best accuracy, trials, time left or test accuracy, time."""
    now = [_left_tile(view)] if view.is_live else [_test_tile(view)]
    return html.Div(
        [
            tile(
                "Best validation accuracy", percent(view.tally.best if view.tally else None), _best_note(view)
            ),
            *now,
            tile("Trials", count(view.tally.ended if view.tally else 0), _trials_note(view)),
            tile("Time", duration(round(view.seconds)), _time_note(view)),
        ],
        className="tiles",
    )


def _best_note(view: RunView) -> Any:
    if view.best is None:
        return "no trial has ended yet"
    best = view.best
    text = f"{best['model']}, {view.name_of(best)}"
    return link(text, links.trial(best["study"], int(best["number"])))


def _test_tile(view: RunView) -> html.Div:
    measured = view.benchmark
    if measured is None:
        return tile("Test accuracy", NOTHING, "measured once, at the end")
    bounds = interval(measured["test_accuracy_low"], measured["test_accuracy_high"])
    return tile("Test accuracy", percent(measured["test_accuracy"]), f"95% interval {bounds}")


def _left_tile(view: RunView) -> html.Div:
    value, note = time_left_in_words(view)
    return tile("Time left", value, note)


def time_left_in_words(view: RunView) -> tuple[str, str]:
    """How long the run still takes, and what that is taken from."""
    left = time_left(view)
    if view.is_preparation or left is None:
        return NOTHING, "as long as the images take"
    if view.is_silent:
        return NOTHING, "nobody knows while the run gives no sign of life"
    if not left.studies:
        return "soon", "the search has ended; the winner is measured and the report written"
    if steering.last_stop(view) is not None:
        return "soon", "the run stops"
    if view.state == "paused":
        return NOTHING, f"paused; {_amount(left)} of search to come"
    if left.seconds is None:
        return NOTHING, "no trial has ended yet, and only trials are limited"
    return _amount(left), _basis(view, left)


def _amount(left: Remaining) -> str:
    """Coarse, as an estimate is."""
    seconds = left.seconds
    if seconds is None:
        return "some time"
    step = 1 if seconds < 20 else 5 if seconds < 120 else 30 if seconds < 1200 else 300
    return duration(step * max(1, round(seconds / step)))


def _basis(view: RunView, left: Remaining) -> str:
    words = {
        frozenset({"seconds"}): "by the time limit",
        frozenset({"trials"}): "by the number of trials",
    }
    basis = words.get(left.limits, "by trials and time, whichever ends a study first")
    pace = (
        f", {duration(left.trial_seconds)} a trial so far"
        if left.trial_seconds and "trials" in left.limits
        else ""
    )
    return f"{basis}{pace}{_sooner(view)}"


def _sooner(view: RunView) -> str:
    search = view.parameters.search if view.parameters else None
    if search is None:
        return ""
    if search.target_accuracy is not None:
        return f"; sooner at {percent(search.target_accuracy)}"
    return f"; sooner after {count(search.patience, 'trial')} without a better one" if search.patience else ""


def _trials_note(view: RunView) -> str:
    if view.tally is None:
        return ""
    numbers = {
        "running": view.tally.running if view.is_live else 0,
        "pruned": view.tally.pruned,
        "failed": view.tally.failed,
    }
    return ", ".join(tied(f"{count(number)} {name}") for name, number in numbers.items() if number)


def _time_note(view: RunView) -> str:
    if not is_missing(view.row["finished"]) and not view.is_live:
        return f"ended {ago(view.row['finished'])}"
    return f"started {ago(view.row['created'])}"


def meters(view: RunView) -> Any:
    """Progress against each budget."""
    ended = view.tally.ended if view.tally else 0
    found = [] if view.is_preparation else budget_meters(view.parameters, ended, view.searched, view.state)
    return html.Div(found, className="meters") if found else None
