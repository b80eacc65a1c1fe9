"""`/runs/<id>`: one run, live."""

from collections.abc import Mapping
from typing import Any

import pandas as pd
from dash import Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.exceptions import PreventUpdate

from dashboard import connection, links, reading
from dashboard.components import regions, run_parts
from dashboard.components.basics import (
    badge,
    button_link,
    card,
    fold,
    page_head,
)
from dashboard.components.charts import chart, chart_card
from dashboard.components.dialog import dialog, register_dialog
from dashboard.components.studies import studies_table
from dashboard.launch import resume_run
from dashboard.reading import RunView
from dashboard.routing import Page
from tunescope.analysis.comparison import compare_studies
from tunescope.store import Store, commands

_HEAD = ("state", "about", "actions", "notice")
_TEXTS = (*_HEAD, "tiles", "meters", "stages", "studies", "recent", "files", "log")
_CHARTS = ("history", "learning_curves")
_REGIONS = (*_TEXTS, *_CHARTS)
_LIVE_MS, _CALM_MS = 1_000, 4_000
_CHART_EVERY = 3


def layout(run_id: str, search: str = "") -> html.Div:
    """The page of a run as it stands; charts follow with the first poll."""
    view = reading.run_view(connection.store(), run_id)
    contents = _texts(view)
    at = {name: regions.region("run", name, contents[name]) for name in _TEXTS}
    return html.Div(
        [
            page_head([html.Span(run_id, className="run-title"), at["state"]], at["about"], at["actions"]),
            at["notice"],
            html.Div(_body(run_id, at), id="run-body", className=_body_class(view)),
            fold("Settings of this run", run_parts.settings(view)),
            _stop_dialog(),
            dcc.Store(id="run-id", data=run_id),
            regions.seen("run", contents),
            dcc.Interval(id="run-poll", interval=_pace(view)),
        ]
    )


def register(app: Dash) -> None:
    """Keep the page alive; stop and resume."""
    register_dialog(app, "run-stop")

    @app.callback(
        [*regions.outputs("run", _REGIONS), Output("run-poll", "interval"), Output("run-body", "className")],
        Input("run-poll", "n_intervals"),
        Input("shell-dark", "data"),
        State("run-id", "data"),
        State("run-seen", "data"),
        State("run-poll", "interval"),
        State("run-body", "className"),
        # The next poll waits for this answer, however long it takes.
        running=[(Output("run-poll", "disabled"), True, False)],
    )
    def poll(
        polls: int | None, dark: bool, run_id: str, seen: regions.Digests, pace: int, css: str
    ) -> list[Any]:
        store = connection.store()
        view = reading.run_view(store, run_id)
        # Drawing takes time that a search on the same machine would rather have.
        is_due = not view.is_live or not polls or polls % _CHART_EVERY == 0 or ctx.triggered_id != "run-poll"
        contents = {**_texts(view), **(_charts(store, view, dark) if is_due else {})}
        return [
            *regions.changes(_REGIONS, contents, seen),
            _new(_pace(view), pace),
            _new(_body_class(view), css),
        ]

    @app.callback(
        Output("run-poll", "n_intervals", allow_duplicate=True),
        Input("run-resume", "n_clicks"),
        State("run-id", "data"),
        State("run-poll", "n_intervals"),
        running=[(Output("run-resume", "disabled"), True, False)],
        prevent_initial_call=True,
    )
    def resume(clicks: int | None, run_id: str, polls: int | None) -> int:
        if not clicks:
            raise PreventUpdate
        here = connection.current()
        resume_run(here.store(), run_id, here.launcher)
        return (polls or 0) + 1

    @app.callback(
        Output("run-poll", "n_intervals", allow_duplicate=True),
        Input("run-stop-confirm", "n_clicks"),
        State("run-id", "data"),
        State("run-poll", "n_intervals"),
        running=[(Output("run-stop-confirm", "disabled"), True, False)],
        prevent_initial_call=True,
    )
    def stop(clicks: int | None, run_id: str, polls: int | None) -> int:
        if not clicks:
            raise PreventUpdate
        commands.send(connection.store(), run_id, "stop")
        return (polls or 0) + 1


def _pace(view: RunView) -> int:
    return _LIVE_MS if view.is_live else _CALM_MS


def _new(value: Any, before: Any) -> Any:
    return no_update if value == before else value


def _body(run_id: str, at: Mapping[str, Any]) -> list[Any]:
    return [
        at["tiles"],
        at["meters"],
        html.Div(
            [chart_card("history", "run-history"), card("Steps", at["stages"])],
            className="split-wide run-course",
        ),
        chart_card("learning_curves", "run-learning_curves", "run-trained run-curves"),
        card("Studies compared", at["studies"], actions=_charts_link(run_id), className="run-trained"),
        card("Latest trials", at["recent"], actions=_trials_link(run_id), className="run-trained"),
        card("Log", at["log"], actions=at["files"], className="run-log"),
    ]


def _body_class(view: RunView) -> str:
    """A run that ended before its first trial has a log to show, and no curves."""
    if view.is_live:
        return f"run-body is-{view.state}"
    has_curve = view.trials["epochs"].notna() | ~view.trials["state"].isin(reading.ENDED)
    missing = " is-untrained" if view.trials.empty else "" if has_curve.any() else " is-shallow"
    return f"run-body is-{view.state}{missing}"


def _texts(view: RunView) -> dict[str, Any]:
    return {
        "state": badge(view.state),
        "about": run_parts.about(view),
        "actions": run_parts.actions(view),
        "notice": run_parts.verdict(view),
        "tiles": run_parts.tiles(view),
        "meters": run_parts.meters(view),
        "stages": run_parts.steps(view),
        "studies": studies_table(
            compare_studies(view.trials, view.studies), "still searching" if view.is_live else "has not ended"
        ),
        "recent": run_parts.latest_trials(view),
        "files": run_parts.files(view),
        "log": run_parts.log(reading.log_tail(view.folder)),
    }


def _charts(store: Store, view: RunView, dark: bool) -> dict[str, Any]:
    epochs = reading.curve_epochs(store, view.trials)
    frames = {"trials": view.trials, "studies": view.studies, "epochs": epochs}
    # Numbers that change whenever a chart would.
    ended = [
        int(view.trials["state"].isin(reading.ENDED).sum()),
        int(view.trials["trial_id"].sum()),
        bool(dark),
    ]
    made_from = {"history": ended, "learning_curves": [*ended, len(epochs)]}
    return {name: _chart(name, frames, dark, made_from[name]) for name in _CHARTS}


def _chart(name: str, frames: dict[str, pd.DataFrame], dark: bool, made_from: list[Any]) -> regions.Costly:
    return regions.Costly(made_from, lambda: chart(name, frames, dark))


def _stop_dialog() -> html.Div:
    return dialog(
        "run-stop",
        "Stop this run?",
        "Trials in training are thrown away; finished ones stay. You can resume the run later.",
        "Stop the run",
    )


def _charts_link(run_id: str) -> Any:
    return button_link("All charts", "chart", links.trials(run=[run_id]), "quiet")


def _trials_link(run_id: str) -> Any:
    return button_link("All trials", "trials", links.trials(run=[run_id]), "quiet")


PAGE = Page("/runs/<run_id>", "{run_id}", layout, register)
