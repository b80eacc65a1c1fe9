"""`/runs/<id>`: one run, live. What is chosen on it stands in its address."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from dash import Dash, Input, Output, State, dcc, html, no_update

from dashboard import connection, links, reading
from dashboard.components import regions, run_parts, steering
from dashboard.components.basics import badge, button_link, card, fold, page_head
from dashboard.components.charts import chart_card
from dashboard.components.notices import skeleton
from dashboard.components.run_charts import charts, fronts_part, studies_part
from dashboard.components.run_commands import register_commands
from dashboard.components.run_figures import meters, tiles
from dashboard.components.run_log import log_card, news, register_log
from dashboard.components.run_stages import stages
from dashboard.components.run_trials import latest_trials, workers
from dashboard.components.run_usage import usage_part
from dashboard.components.run_verdict import verdict
from dashboard.components.run_watched import options, register_watched, watched, watched_card
from dashboard.routing import Page
from dashboard.run_view import RunView
from dashboard.watching import Watch, watch_of
from tunescope.analysis.pareto import has_several
from tunescope.figures import CHARTS

_LIVE_MS, _CALM_MS, _HASTY_MS = 900, 3_000, 400
_HEAD = ("state", "about", "actions", "answers", "notice")
# What is cheap to make of a view.
_TEXTS = {
    "state": lambda view: badge(steering.standing(view.row, view.asked)),
    "about": run_parts.about,
    "actions": run_parts.actions,
    "answers": steering.answers,
    "notice": verdict,
    "tiles": tiles,
    "meters": meters,
    "stages": stages,
    "workers": workers,
    "recent": latest_trials,
    "asked": steering.asked,
    "files": run_parts.files,
}
_COSTLY = ("studies", "fronts", "history", "learning_curves", "pareto", "usage")
_REGIONS = (*_TEXTS, *_COSTLY)
# It takes the focus while the button that had it cannot.
_NAMED = {"actions": {"role": "group", "aria-label": "What can be done with this run"}}
# What a store whose trials are still being read cannot tell.
_UNREAD = ("tiles", "meters", "recent", "workers")


def layout(run_id: str, search: str = "") -> html.Div:
    """The page of a run as it stands; charts follow with the first poll."""
    view, contents = _watch(run_id).look(is_opening=True)
    chosen = {name: values[0] for name, values in parse_qs(search.removeprefix("?")).items()}
    shown = {name: part for name, part in contents.items() if view.tally or name not in _UNREAD}
    at = {name: regions.region("run", name, shown.get(name), **_NAMED.get(name, {})) for name in _TEXTS}
    head = [html.Span(run_id, className="run-title"), at["state"]]
    return html.Div(
        [
            page_head(head, at["about"], at["actions"]),
            at["answers"],
            at["notice"],
            html.Div(_body(run_id, at, chosen), id="run-body", className=_body_class(view)),
            fold("Settings of this run", run_parts.settings(view)),
            steering.stop_dialog(),
            steering.dialog("run-enqueue", "Try a configuration", "Try it"),
            steering.dialog("run-limits", "Limits of this run", "Change"),
            dcc.Store(id="run-id", data=run_id),
            regions.seen("run", shown),
            dcc.Interval(id="run-poll", interval=_pace(view)),
        ]
    )


def register(app: Dash) -> None:
    """Keep the page alive; steer, stop and resume."""
    register_commands(app)
    register_watched(app)
    register_log(app)

    @app.callback(
        [
            *regions.outputs("run", _REGIONS),
            Output("run-poll", "interval"),
            Output("run-body", "className"),
            Output("run-watch", "options"),
            Output("run-watched", "data"),
            Output("run-log-news", "data"),
            Output("run-log-at", "data"),
        ],
        Input("run-poll", "n_intervals"),
        Input("shell-dark", "data"),
        Input("run-watch", "value"),
        State("run-id", "data"),
        State("run-seen", "data"),
        State("run-poll", "interval"),
        State("run-body", "className"),
        State("run-log-at", "data"),
        # The next poll waits for this answer, however long it takes.
        running=[(Output("run-poll", "disabled"), True, False)],
    )
    def poll(
        polls: int | None,
        dark: bool,
        chosen: str | None,
        run_id: str,
        seen: regions.Digests,
        pace: int,
        css: str,
        place: dict[str, Any] | None,
    ) -> list[Any]:
        watch = _watch(run_id)
        crowd = watch.crowd(pace / 1e3)
        view, texts = watch.look()
        contents, css_now = watch.shared(
            view, (dark, chosen), lambda: _answer(watch, view, texts, bool(dark), chosen)
        )
        *parts, choices, data, now = regions.changes((*_REGIONS, "watch", "watched"), contents, seen)
        said = news(view.folder, place)
        return [
            *parts,
            now,
            _new(_pace(view, crowd), pace),
            _new(css_now, css),
            choices,
            data,
            said.lines if said else no_update,
            said.place if said else no_update,
        ]


def _answer(
    watch: Watch, view: RunView, texts: Mapping[str, Any], dark: bool, chosen: str | None
) -> tuple[dict[str, Any], str]:
    """What every page that looks at the same trial shows of a view, and its class."""
    contents = {
        **texts,
        **_costly(watch, view, dark),
        "watch": regions.made(options(view, chosen)),
        "watched": watched(watch, view, chosen) or regions.made(None),
    }
    return contents, _body_class(view)


def _watch(run_id: str) -> Watch:
    return watch_of(connection.current(), run_id, _texts)


def _texts(view: RunView) -> dict[str, Any]:
    return {name: make(view) for name, make in _TEXTS.items()}


def _costly(watch: Watch, view: RunView, dark: bool) -> dict[str, Any]:
    return {
        "studies": studies_part(watch, view),
        "fronts": fronts_part(watch, view),
        "usage": usage_part(watch, view, dark),
        **charts(watch, view, dark),
    }


def _pace(view: RunView, crowd: int = 1) -> int:
    """What was asked is answered within a moment, and shown as soon as it is; a crowd asks more seldom."""
    if not view.is_live:
        return _LIVE_MS if view.state in reading.RESUMABLE else _CALM_MS
    return _HASTY_MS if view.pending else _LIVE_MS * crowd


def _new(value: Any, before: Any) -> Any:
    return no_update if value == before else value


def _body(run_id: str, at: Mapping[str, Any], chosen: Mapping[str, str]) -> list[Any]:
    usage = regions.region("run", "usage", skeleton("line", 2))
    front = html.Div([html.Div(id="run-pareto", className="chart"), regions.region("run", "fronts")])
    main = [
        chart_card("history", "run-history", "run-trained"),
        watched_card(chosen.get("watch"), chosen.get("epoch")),
    ]
    side = [
        card("Stages", at["stages"], className="run-stages"),
        card("Workers", at["workers"], className="run-live run-workers"),
        card("Use of the machine", usage, className="run-live run-usage"),
    ]
    studies = regions.region("run", "studies", skeleton("row", 2))
    return [
        at["tiles"],
        at["meters"],
        html.Div(
            [html.Div(side, className="run-side"), html.Div(main, className="run-main")],
            className="run-split",
        ),
        chart_card("learning_curves", "run-learning_curves", "run-trained run-deep"),
        card(CHARTS["pareto"].title, front, note=CHARTS["pareto"].line, className="chart-card run-front"),
        card(
            "Studies compared", studies, actions=_link(run_id, "All charts", "chart"), className="run-trained"
        ),
        card(
            "Latest trials",
            at["recent"],
            actions=_link(run_id, "All trials", "trials"),
            className="run-trained",
        ),
        at["asked"],
        log_card(at["files"], chosen.get("log"), chosen.get("level")),
    ]


def _body_class(view: RunView) -> str:
    """What a run cannot have is not shown: a preparation has no trials, and a shallow model no epochs."""
    is_untrained = view.is_preparation or (
        not view.is_live and view.tally is not None and not view.tally.newest
    )
    marks = {
        "has-front": has_several(view.studies),
        "is-live": view.is_live and not view.is_preparation,
        "is-untrained": is_untrained,
        "is-shallow": not view.is_deep,
        "is-unwatched": view.is_unwatched,
    }
    return " ".join(["run-body", f"is-{view.state}", *(name for name, holds in marks.items() if holds)])


def _link(run_id: str, text: str, symbol: str) -> Any:
    return button_link(text, symbol, links.trials(run=[run_id]), "quiet")


PAGE = Page("/runs/<run_id>", "{run_id}", layout, register)
