"""Pictures of runs: each draws one dataclass of ``tunescope.analysis`` as a plotly figure.

To add a chart, write one file with a ``CHART`` and name it below. Importing this registry imports no plotly.
"""

from tunescope.figures import (
    edf,
    history,
    importance,
    landscape,
    learning_curves,
    parallel,
    pareto,
    phase_costs,
    slices,
    studies,
    timeline,
    trade_off,
)
from tunescope.figures.chart import Chart

CHARTS: dict[str, Chart] = {
    "history": history.CHART,
    "history_by_trial": history.BY_TRIAL,
    "studies": studies.CHART,
    "learning_curves": learning_curves.CHART,
    "importance": importance.CHART,
    "phase_costs": phase_costs.CHART,
    "trade_off": trade_off.CHART,
    "pareto": pareto.CHART,
    "parallel": parallel.CHART,
    "slice": slices.CHART,
    "contour": landscape.CONTOUR,
    "rank": landscape.RANK,
    "edf": edf.CHART,
    "timeline": timeline.CHART,
}

__all__ = ["CHARTS", "Chart"]
