"""Strategies side by side: over what they spent, and whether they differ by more than chance."""

from typing import Any

import numpy as np
import pandas as pd
from dash import html

from dashboard.components.basics import card, fold
from dashboard.components.charts import picture
from dashboard.components.notices import blank
from dashboard.components.tables import Column, table
from dashboard.wording import count, number, p_value
from tunescope.analysis.measures import Measure
from tunescope.analysis.significance import LEVEL, PairTest, Significance, significance
from tunescope.analysis.study_curves import COSTS, StrategyCurve, StudyCurves, study_curves
from tunescope.figures.study_curves import draw
from tunescope.figures.wording import scored

__all__ = ["COSTS", "view"]
_CURVES = (
    "The median, over the studies of a strategy, of the best score so far; the band holds the middle half."
)
_SUMMARY = (
    Column("Strategy"),
    Column("Studies", is_number=True),
    Column("Median of the best", is_number=True),
    Column("From", is_number=True),
    Column("To", is_number=True),
)
_TESTS = (
    Column("Pair"),
    Column("Difference of medians", is_number=True),
    Column("95% interval", is_number=True),
    Column("First is better in", is_number=True),
    Column("p", is_number=True),
    Column("p for all pairs", is_number=True),
)


def view(trials: pd.DataFrame, cost: str, measure: Measure, dark: bool = False) -> html.Div:
    """The picture, a table and the tests behind it.

    Args:
        trials: a trials frame.
        cost: a key of ``COSTS``.
        measure: what trials are measured by.
        dark: for dark pages.
    """
    curves = study_curves(trials, cost, measure)
    return html.Div(
        [
            card(
                "Strategies side by side",
                picture(draw(curves, dark), "Best so far by strategy"),
                note=_CURVES,
            ),
            card("What they came to", _summary(curves)),
            card("Is the difference more than chance?", _tests(significance(curves), curves)),
        ]
    )


def _summary(curves: StudyCurves) -> Any:
    if not curves.curves:
        return blank("No study has a score yet.")
    return table("Strategies compared", _SUMMARY, [_line(one, curves.measure) for one in curves.curves])


def _line(curve: StrategyCurve, measure: Measure) -> list[Any]:
    scores = [final.score for final in curve.finals]
    bounds = (float(np.median(scores)), min(scores), max(scores))
    return [curve.label, count(len(scores)), *(scored(measure, one) for one in bounds)]


def _tests(found: Significance, curves: StudyCurves) -> Any:
    if not found.pairs:
        return blank(
            "One study a strategy cannot tell: run the same search with two or more values of `search.seed` "
            "(six or more to show a difference with some certainty)."
        )
    rows = [_row(pair, curves.measure) for pair in found.pairs]
    return html.Div(
        [
            html.P(_verdict(found)),
            fold(
                "The numbers",
                html.Div([table("Tests", _TESTS, rows), html.P(_method(found), className="card-note")]),
            ),
        ]
    )


def _verdict(found: Significance) -> str:
    if found.least_p is not None and found.least_p >= LEVEL:
        return (
            f"So few studies cannot show a difference: even if one strategy always won, p would be "
            f"{number(found.least_p, 2)}, and not below {LEVEL}. Run more seeds."
        )
    clear = [pair for pair in found.pairs if pair.p_adjusted < LEVEL]
    if not clear:
        return "No pair of strategies differs by more than chance makes likely."
    return " ".join(map(_sentence, clear))


def _sentence(pair: PairTest) -> str:
    better, worse = (pair.first, pair.second) if pair.effect >= 0.5 else (pair.second, pair.first)
    share = max(pair.effect, 1 - pair.effect)
    return f"{better} is better than {worse} ({p_value(pair.p_adjusted)}; in {share:.0%} of comparisons)."


def _method(found: Significance) -> str:
    how = (
        "Studies of the same run are compared with one another (Wilcoxon's signed-rank test)."
        if found.is_paired
        else "Studies are compared as independent samples (Mann and Whitney's U), "
        "since not every strategy ran once in the same runs."
    )
    overall = (
        ""
        if found.overall is None
        else f" All at once: {found.overall[0]}, p = {number(found.overall[1], 2)}."
    )
    return f"{how}{overall} The last column holds for all pairs together (Holm)."


def _row(pair: PairTest, measure: Measure) -> list[Any]:
    low, high = pair.interval
    return [
        f"{pair.first} and {pair.second}",
        _difference(pair.difference, measure),
        f"{_difference(low, measure)} to {_difference(high, measure)}",
        f"{pair.effect:.0%}",
        number(pair.p, 2),
        number(pair.p_adjusted, 2),
    ]


def _difference(value: float, measure: Measure) -> str:
    return f"{100 * value:+.1f} points" if measure.is_share else f"{value:+.3g}"
