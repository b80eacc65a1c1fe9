"""How the rates of the chosen learning-rate policies move, drawn as soon as somebody opens their fold."""

from collections.abc import Sequence
from typing import Any

from dash import Dash, Input, Output, html
from dash.exceptions import PreventUpdate

from dashboard import policies
from dashboard.components.basics import fold
from dashboard.components.charts import picture
from tunescope.analysis.learning_rate import Schedules
from tunescope.figures.learning_rate import draw_schedules

MOST = 6
_OPENER = "new-policies"


def policies_fold(entry: Any) -> html.Section:
    """The choice of policies, and below it the picture of those that are chosen."""
    body = [entry, html.Div(id="new-schedules", className="chart")]
    return html.Section(fold("Learning-rate policies", body, opener=_OPENER), className="card-part")


def register(app: Dash) -> None:
    """Draw when the fold is opened first, and whenever the choice changes after that."""

    @app.callback(
        Output("new-schedules", "children"),
        Input(_OPENER, "n_clicks"),
        Input({"type": "new-field", "key": "learning_rate.policy"}, "value"),
        Input("shell-dark", "data"),
        prevent_initial_call=True,
    )
    def show(clicks: int | None, chosen: list[str] | None, dark: bool | None) -> Any:
        if not clicks:
            raise PreventUpdate
        return schedules(chosen or [], bool(dark))


def schedules(chosen: Sequence[str], dark: bool) -> Any:
    """The picture of some policies, each as it moves the rate by itself; nothing where none is chosen."""
    if not chosen:
        return None
    lines = Schedules(tuple(policies.schedule(name, None) for name in chosen[:MOST]))
    left_out = f" The first {MOST} of {len(chosen)} are drawn." if len(chosen) > MOST else ""
    note = f"How each moves the rate by itself, as a share of the highest.{left_out}"
    return [
        html.P(note, className="card-note"),
        picture(draw_schedules(lines, dark), "How the chosen policies move the learning rate"),
    ]
