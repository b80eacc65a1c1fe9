"""fANOVA beside PED-ANOVA on the card of what mattered: asked for, computed in the background, cancelled."""

from dataclasses import replace
from typing import Any

import pandas as pd
from dash import MATCH, Dash, Input, Output, State, ctx, dcc, html

from dashboard import connection
from dashboard.background import UNFINISHED, JobState
from dashboard.components.basics import button
from dashboard.components.charts import picture
from dashboard.components.notices import blank
from dashboard.components.regions import digest
from dashboard.components.trial_charts import measure_of
from dashboard.selection import TrialsView
from dashboard.wording import count, duration
from tunescope.analysis.fanova import SAMPLE, fanova
from tunescope.analysis.importance import MINIMUM_TRIALS
from tunescope.analysis.measures import Measure
from tunescope.analysis.selection import complete
from tunescope.figures.importance import draw
from tunescope.store.columns import TrialTable

_POLL_MS = 1_000
_TITLE = "What mattered, by fANOVA"
_MEANING = (
    "What explains, alone, how all trials differ. The first bars are PED-ANOVA's: what sets the best tenth "
    "of the trials apart."
)


def second_opinion() -> html.Div:
    """Where a comparison is asked for and stands; nothing is computed before somebody asks."""
    tools = [
        button("Compare with fANOVA", "chart", "secondary hidden", id=_id("start")),
        html.Span(id=_id("line"), className="card-note", role="status"),
        button("Cancel", "stop", "quiet hidden", id=_id("cancel")),
    ]
    return html.Div(
        [
            html.Div(tools, className="button-row"),
            html.Div(id=_id("bars")),
            # Disabled unless a job is under way.
            dcc.Interval(id=_id("poll"), interval=_POLL_MS, disabled=True),
            dcc.Store(id=_id("job")),
        ],
        className="second-opinion",
    )


def register(app: Dash) -> None:
    """Start, follow, cancel and show a comparison."""

    @app.callback(
        Output(_id("line", MATCH), "children"),
        Output(_id("bars", MATCH), "children"),
        Output(_id("start", MATCH), "className"),
        Output(_id("cancel", MATCH), "className"),
        Output(_id("poll", MATCH), "disabled"),
        Output(_id("job", MATCH), "data"),
        Input(_id("start", MATCH), "n_clicks"),
        Input(_id("cancel", MATCH), "n_clicks"),
        Input(_id("poll", MATCH), "n_intervals"),
        Input("trials-query", "data"),
        Input("trials-version", "data"),
        Input("shell-dark", "data"),
        State(_id("job", MATCH), "data"),
    )
    def compare(
        started: int | None,
        cancelled: int | None,
        _: int,
        query: str,
        __: str,
        dark: bool,
        followed: str | None,
    ) -> tuple[Any, ...]:
        view, table = TrialsView.from_query(query), connection.table().refresh()
        jobs, current = connection.current().jobs, _key(view, table)
        asked = ctx.triggered_id["type"] if isinstance(ctx.triggered_id, dict) else None
        # A job goes on while trials come in: its answer is better than none.
        key = followed if followed and followed.startswith(_selection(view)) else current
        state = jobs.state(key)
        if asked == _id("start")["type"] and started:
            key, state = current, _start(current, view, table)
        elif asked == _id("cancel")["type"] and cancelled:
            jobs.cancel(key)
            state = jobs.state(key)
        return (*_shown(state, key == current, bool(dark)), key if state else None)


def _id(part: str, name: Any = "importance") -> dict[str, Any]:
    return {"type": f"trials-fanova-{part}", "name": name}


def _selection(view: TrialsView) -> str:
    """Tells what is compared, whatever trials it is by now."""
    return digest([replace(view.chosen, sort=()).to_query(), view.measure])


def _key(view: TrialsView, table: TrialTable) -> str:
    """Tells what is compared, and of which trials."""
    # Another table is another store.
    return _selection(view) + digest([table.version.partition("-")[0], table.digest(view.chosen)])


def _start(key: str, view: TrialsView, table: TrialTable) -> JobState:
    known = connection.current().jobs.state(key)
    if known is not None and known.status in (*UNFINISHED, "done"):
        return known
    measure = measure_of(view, table)
    sample, total = _sample(view, table, measure)
    about = (len(sample), total)
    return connection.current().jobs.start(key, fanova, sample, MINIMUM_TRIALS, SAMPLE, measure, about=about)


def _sample(view: TrialsView, table: TrialTable, measure: Measure) -> tuple[pd.DataFrame, int]:
    """Some finished trials with their parameters, at random but always the same; and of how many they are."""
    rows = complete(table.frame(view.chosen), measure)
    chosen = rows["trial_id"].sample(min(SAMPLE, len(rows)), random_state=0).sort_values()
    if chosen.empty:  # which the table would take for no choice at all
        return rows.assign(params=pd.Series(dtype=object)), 0
    picked = tuple(map(int, chosen))
    return table.frame(replace(view.chosen, picked=picked), params=True), len(rows)


def _shown(state: JobState | None, is_current: bool, dark: bool) -> tuple[Any, ...]:
    """The line, the bars, the looks of both buttons, and whether nothing is to be polled."""
    if state is None:
        return "", None, _look("secondary"), _look("quiet", False), True
    if state.status in UNFINISHED:
        return _progress(state), None, _look("secondary", False), _look("quiet"), False
    bars = _bars(state, dark) if state.status == "done" else None
    can_start = state.status != "done" or not is_current
    return _ending(state, is_current), bars, _look("secondary", can_start), _look("quiet", False), True


def _look(kind: str, is_shown: bool = True) -> str:
    return f"button button-{kind}" + ("" if is_shown else " hidden")


def _progress(state: JobState) -> str:
    if state.status == "waiting":
        return "Waiting for another computation to end"
    return f"Computing fANOVA on {_of(state)}: {duration(float(round(state.seconds)))}"


def _ending(state: JobState, is_current: bool) -> str:
    if state.status == "cancelled":
        return "The comparison was cancelled."
    if state.status == "failed":
        return f"The comparison failed. {state.problem}."
    changed = "" if is_current else " The trials have changed since."
    return f"By fANOVA, on {_of(state)}, in {duration(state.seconds)}.{changed}"


def _of(state: JobState) -> str:
    sampled, total = state.about
    return f"a sample of {sampled:,} of {count(total, 'trial')}" if sampled < total else count(total, "trial")


def _bars(state: JobState, dark: bool) -> html.Div:
    if not state.result.groups:
        return html.Div(blank("No trial has finished yet."))
    return html.Div([html.P(_MEANING, className="card-note"), picture(draw(state.result, dark), _TITLE)])
