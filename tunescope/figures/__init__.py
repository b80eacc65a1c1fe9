"""Pictures of runs: each draws one dataclass of ``tunescope.analysis`` as a plotly figure.

To add a chart, write one file with a ``CHART`` and name it below. Importing this registry imports no plotly.
"""

from tunescope.figures import (
    edf,
    history,
    hypervolume,
    importance,
    landscape,
    learning_curves,
    parallel,
    pareto,
    phase_costs,
    slices,
    studies,
    timeline,
    timing_roofline,
    timing_spreads,
    timing_step,
    timing_throughput,
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
    "hypervolume": hypervolume.CHART,
    "parallel": parallel.CHART,
    "slice": slices.CHART,
    "contour": landscape.CONTOUR,
    "rank": landscape.RANK,
    "edf": edf.CHART,
    "timeline": timeline.CHART,
}

# How fast and at what cost, over the machines of any number of runs: their trials carry a column ``machine``
# (`tunescope.analysis.timing_machines.with_machines`).
TIMING: dict[str, Chart] = {
    "phase_costs": phase_costs.CHART,
    "timing_step": timing_step.CHART,
    "timing_throughput": timing_throughput.CHART,
    "timing_memory": timing_spreads.MEMORY,
    "timing_utilisation": timing_spreads.UTILISATION,
    "timing_roofline": timing_roofline.CHART,
    "trade_off": trade_off.CHART,
    "timing_latency": trade_off.LATENCY,
}

__all__ = ["CHARTS", "TIMING", "Chart"]
