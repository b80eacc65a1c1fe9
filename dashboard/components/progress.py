"""Progress against a budget."""

from typing import Any

from dash import html

from dashboard.components.basics import attributes
from dashboard.wording import count, duration
from tunescope.parameters import Parameters


def meter(label: str, share: float, text: str, state: str = "running") -> html.Div:
    """A bar with its label and what it means; ``share`` from 0 to 1."""
    filled = 100 * min(1.0, max(0.0, share))
    bar = html.Div(
        html.Div(className=f"meter-fill state-{state}", style={"width": f"{filled:.1f}%"}),
        className="meter-bar",
        role="progressbar",
        **attributes(
            aria_label=label,
            aria_valuemin="0",
            aria_valuemax="100",
            aria_valuenow=f"{filled:.0f}",
            aria_valuetext=text,
        ),
    )
    return html.Div(
        [html.Div([html.Span(label), html.Span(text, className="meter-text")], className="meter-head"), bar],
        className="meter",
    )


def budget_meters(parameters: Parameters | None, trials: int, seconds: float, state: str) -> list[Any]:
    """A bar for each budget that a run has."""
    if parameters is None:
        return []
    search, meters = parameters.search, []
    if search.max_trials is not None:
        text = f"{count(trials)} of {count(search.max_trials)}"
        meters.append(meter("Trials", trials / search.max_trials, text, state))
    if search.max_seconds is not None:
        text = f"{duration(seconds)} of {duration(search.max_seconds)}"
        meters.append(meter("Search time", seconds / search.max_seconds, text, state))
    return meters
