"""The page itself: figures and facts put into the templates."""

import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tunescope.figures import CHARTS
from tunescope.figures.confusion import draw as draw_confusion
from tunescope.figures.learning_curves import draw_training
from tunescope.figures.pareto import objective_name
from tunescope.report.collecting import SHOWN_MISTAKES, collect
from tunescope.report.data import ReportData
from tunescope.report.rendering import Draw, rendered
from tunescope.store import Store

FILE = "report.html"
# Lists longer than these are cut, and say so: the files beside the report hold all of it.
MOST_FINDINGS, MOST_FAILURES, MOST_TRIALS, MOST_CLASSES = 200, 50, 6, 24


def write_report(
    store: Store,
    run_id: str,
    summary: Mapping[str, Any],
    folder: str | Path,
    mistakes: int = SHOWN_MISTAKES,
) -> Path:
    """Write ``report.html`` of a run into a folder; returns its path.

    Raises:
        UnknownNameError: when the store has no such run.
    """
    path = Path(folder) / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{FILE}-{os.getpid()}")
    draft.write_text(render(collect(store, run_id, summary, mistakes)), encoding="utf-8")
    os.replace(draft, path)
    return path


def render(data: ReportData) -> str:
    """The page as HTML: one file with its style, scripts, pictures and figures; it needs no network."""
    return rendered(
        FILE,
        _figures(data),
        data=data,
        charts=CHARTS,
        objectives=_objectives(data),
        several_objectives=len(_objectives(data)) > 1,
        findings=_findings(data.quality),
        tree=_tree(data),
        most_findings=MOST_FINDINGS,
        most_failures=MOST_FAILURES,
        most_trials=MOST_TRIALS,
        most_classes=MOST_CLASSES,
    )


def _figures(data: ReportData) -> dict[str, tuple[Draw, Any]]:
    """How each figure is drawn, and from what."""
    drawn: dict[str, tuple[Draw, Any]] = {
        name: (CHARTS[name].draw, computed)
        for name, computed in data.charts.items()
        # With one objective their front is that of accuracy against training time, which is there already.
        if name not in ("pareto", "hypervolume") or len(_objectives(data)) > 1
    }
    if data.winner and data.winner.curve:
        drawn["training"] = (draw_training, data.winner.curve)
    if data.winner and data.winner.confusion:
        drawn["confusion"] = (draw_confusion, data.winner.confusion)
    return drawn


def _objectives(data: ReportData) -> list[str]:
    """What the studies of the run optimized, as people write it."""
    given = data.parameters.get("search", {}).get("objective", ())
    return [objective_name(name) for name in (given.split("+") if isinstance(given, str) else given)]


def _findings(quality: Mapping[str, Any]) -> list[tuple[str, str, int]]:
    """Finding, action, and how often they occur, the most frequent first; details are left out."""
    pairs = Counter(
        (finding["finding"].partition(": ")[0], finding["action"]) for finding in quality.get("findings", ())
    )
    return [(finding, action, times) for (finding, action), times in pairs.most_common()]


def _tree(data: ReportData) -> str:
    """The parameters to save as a file and run again, under an id that is free."""
    tree = {**data.parameters, "run": {"id": f"{data.run['run_id']}-again"}}
    return yaml.safe_dump({"run": {"params": tree}}, sort_keys=False, allow_unicode=True)
