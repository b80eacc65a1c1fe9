"""The page of range tests: a curve for each deep model, and the rates that it proposes."""

from collections.abc import Sequence

from tunescope.analysis.range_test import RangeCurve
from tunescope.figures.range_test import draw
from tunescope.report.rendering import rendered

FILE = "range_test.html"


def render_range_tests(run_id: str, dataset: str, curves: Sequence[RangeCurve]) -> str:
    """One self-contained HTML page, in the look of reports.

    Args:
        run_id: of the run that did the tests.
        dataset: name of the images.
        curves: one for each model.
    """
    figures = {curve.model: (draw, curve) for curve in curves}
    return rendered(FILE, figures, run_id=run_id, dataset=dataset, curves=curves)
