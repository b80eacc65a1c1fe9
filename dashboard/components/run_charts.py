"""The parts of the page of a run that look at all its trials: made no oftener than they are worth."""

from collections.abc import Callable
from typing import Any

from dashboard import reading
from dashboard.components.charts import lean
from dashboard.components.regions import Made
from dashboard.components.studies import studies_table
from dashboard.run_view import RunView
from dashboard.watching import Watch
from dashboard.wording import count, listing, percent
from tunescope.analysis.comparison import compare_studies
from tunescope.analysis.course import course
from tunescope.analysis.curves import learning_curves
from tunescope.analysis.pareto import has_several, pareto
from tunescope.figures import CHARTS
from tunescope.figures.pareto import objective_name

# Dots and epochs that a picture needs, of which more would only be more to send.
_DOTS, _POINTS = 240, 60


def studies_part(watch: Watch, view: RunView) -> Made:
    """The studies side by side."""
    unended = ("paused" if view.state == "paused" else "still searching") if view.is_live else "has not ended"

    def make() -> Any:
        return studies_table(compare_studies(watch.trials(view), view.studies, limit=200), unended)

    stopped = int(view.studies["stopped_because"].notna().sum())
    return watch.costly("studies", [_ended(view), view.is_live, view.searched, stopped], make)


def fronts_part(watch: Watch, view: RunView) -> Made:
    """How far each study came with several objectives, in one sentence."""
    several = has_several(view.studies)
    return watch.costly("fronts", _ended(view), lambda: _fronts(watch, view) if several else None)


def charts(watch: Watch, view: RunView, dark: bool) -> dict[str, Made]:
    """The pictures by name."""
    epochs = sorted((trial_id, latest["epoch"]) for trial_id, latest in view.epochs.items())
    making: dict[str, tuple[Any, Callable[[], Any]]] = {
        "history": (_ended(view), lambda: _history(watch, view, dark)),
        "learning_curves": ([_ended(view), epochs], lambda: _curves(watch, view, dark)),
    }
    if has_several(view.studies):
        making["pareto"] = (_ended(view), lambda: _pareto(watch, view, dark))
    return {name: watch.costly((name, dark), made_from, make) for name, (made_from, make) in making.items()}


def _ended(view: RunView) -> list[Any]:
    """Changes whenever a trial begins or ends."""
    tally = view.tally
    return [view.state, tally and (tally.ended, tally.running, tally.newest), len(view.studies)]


def _history(watch: Watch, view: RunView, dark: bool) -> Any:
    chart = CHARTS["history"]
    figure = chart.draw(course(watch.trials(view), limit=_DOTS), dark=dark)
    return lean(figure.update_layout(height=None), chart.title)  # as high as what stands beside it


def _curves(watch: Watch, view: RunView, dark: bool) -> Any:
    chart, trials = CHARTS["learning_curves"], watch.trials(view)
    epochs = reading.curve_epochs(watch.here.store(), trials)
    return lean(chart.draw(learning_curves(epochs, trials, points=_POINTS), dark=dark), chart.title)


def _pareto(watch: Watch, view: RunView, dark: bool) -> Any:
    chart = CHARTS["pareto"]
    return lean(chart.draw(pareto(watch.trials(view), view.studies, limit=_DOTS), dark=dark), chart.title)


def _fronts(watch: Watch, view: RunView) -> Any:
    found = pareto(watch.trials(view), view.studies, limit=_DOTS)
    names = listing(map(objective_name, found.objectives))
    front = f"{count(len(found.front), 'trial')} on the front of {names}."
    known = [one for one in found.studies if one.hypervolume is not None]
    if not known:
        return front
    shares = listing(f"{one.label} {percent(one.hypervolume)}" for one in known)
    return f"{front} Of the area between the worst and the best values, the studies' fronts cover: {shares}."
