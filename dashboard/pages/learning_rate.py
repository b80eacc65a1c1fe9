"""`/learning-rate`: which policies did well, how their rates move, and between which rates networks learn."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs, urlencode

import dash_bootstrap_components as dbc
import pandas as pd
from dash import Dash, html

from dashboard import connection, links, policies, reading
from dashboard.components.basics import attributes, button, button_link, card, link, page_head
from dashboard.components.charts import picture
from dashboard.components.notices import blank, notice
from dashboard.components.regions import Costly
from dashboard.components.tables import Column, table
from dashboard.components.viewed import Query, Viewed, narrowing
from dashboard.routing import Page
from dashboard.wording import count, duration, percent
from tunescope.analysis.learning_rate import (
    PolicyRanking,
    PolicyResult,
    PolicyTrial,
    Schedules,
    rank_policies,
)
from tunescope.analysis.range_test import RangeCurve
from tunescope.figures import range_test
from tunescope.figures.learning_rate import draw_accuracies, draw_schedules, draw_times
from tunescope.store import frames
from tunescope.store.columns import TrialTable
from tunescope.store.selection import TrialFilter
from tunescope.training import POLICIES

_FILTERS = {"dataset": "Dataset", "model": "Model", "run": "Run"}
_FIRST, _MOST_LINES = ("onecycle", "warmup_cos", "step", "triexp"), 6
_DOCUMENT = "kedro run --pipelines=preprocessing,learning_rate_search"
_COMMON = (Column("Policy"), Column("Trials", is_number=True))
_BY_ACCURACY = (
    *_COMMON,
    Column("Best", is_number=True),
    Column("Median", is_number=True),
    Column("Its training", is_number=True),
    Column("Trial"),
)
_BY_TIME = (
    Column("Policy"),
    Column("Fast enough", is_number=True),
    Column("Fastest", is_number=True),
    Column("Its accuracy", is_number=True),
    Column("Trial"),
)
_reading = threading.Lock()


@dataclass(frozen=True)
class _View:
    """What the page shows; empty fields are as they are by themselves."""

    dataset: str = ""
    model: tuple[str, ...] = ()
    run: tuple[str, ...] = ()
    policy: tuple[str, ...] = ()
    threshold: float | None = None
    rates: str = ""

    @classmethod
    def of(cls, query: Query) -> "_View":
        named = [name for name in dict.fromkeys(query.get("policy", ())) if name in POLICIES]
        return cls(
            dataset=_first(query, "dataset"),
            model=tuple(dict.fromkeys(query.get("model", ()))),
            run=tuple(dict.fromkeys(query.get("run", ()))),
            policy=tuple(named[:_MOST_LINES]),
            threshold=_share(_first(query, "threshold")),
            rates=_first(query, "rates"),
        )

    def query(self) -> str:
        threshold = "" if self.threshold is None else format(100 * self.threshold, ".6g")
        given = {name: getattr(self, name) for name in ("dataset", "model", "run", "policy", "rates")}
        kept = {name: value for name, value in (given | {"threshold": threshold}).items() if value}
        return f"?{urlencode(kept, doseq=True)}" if kept else ""


def layout(search: str = "") -> html.Div:
    """The page as the address wants it."""
    view, parts = _view(search), _VIEWED.parts(search)
    every = _trials()
    copy = button("Copy link", "link", **attributes(data_copy_address="yes"))
    note = "Which policies did well, how their rates move, and between which rates networks learn."
    return html.Div(
        [
            page_head("Learning rate", note, copy),
            _filters(view, every) if len(every) else _none_yet(),
            parts["ranking"],
            html.Div(
                [
                    card("Accuracy by policy", parts["accuracy"], note=_DOTS, className="chart-card"),
                    card("Accuracy against training time", parts["time"], note=_TIME, className="chart-card"),
                ],
                className="charts",
                hidden=every.empty,
            ),
            card("How the rate moves", [_policies(view), parts["schedules"]], note=_LINES),
            card("Range tests", [_rates(view), parts["range"]], note=_RANGE),
            *_VIEWED.holders(search),
        ]
    )


_DOTS = "Each dot is a finished training, the bar the median. The dotted line is the threshold."
_TIME = "Up and to the left is better. Policies beyond the first six are grey."
_LINES = "Of each policy in its best training; as it is by itself where it was not tried."
_RANGE = (
    "A short training whose rate rises from step to step: below k0 nothing is learned, above k1 it diverges."
)


def _view(search: str) -> _View:
    return _View.of(parse_qs(search.lstrip("?")))


def _contents(search: str, dark: bool) -> Mapping[str, Any]:
    view = _view(search)
    dataset = view.dataset or _usual(_trials())
    ranking = _ranked(dataset, view)
    key = [ranking.threshold, [str(one) for one in ranking.by_accuracy], dark]
    schedules = _schedules(view, ranking)
    return {
        "ranking": _ranking(ranking, dataset),
        "accuracy": Costly(key, lambda: picture(draw_accuracies(ranking, dark), "Accuracy by policy")),
        "time": Costly(key, lambda: picture(draw_times(ranking, dark), "Accuracy against training time")),
        "schedules": Costly(
            [str(schedules), dark], lambda: picture(draw_schedules(schedules, dark), "How the rate moves")
        ),
        "range": _range(view, dark),
    }


def _trials() -> pd.DataFrame:
    """Every trial with a policy."""
    table = connection.table().refresh()
    with _reading:
        return _read(table, table.version)


@lru_cache(maxsize=1)
def _read(table: TrialTable, _: str) -> pd.DataFrame:
    return policies.policy_trials(table, TrialFilter())


def _ranked(dataset: str, view: _View) -> PolicyRanking:
    """Of one dataset, for accuracies on others say nothing about one another."""
    table = connection.table()
    return _ranking_of(table, table.version, dataset, view.model, view.run, view.threshold)


@lru_cache(maxsize=8)
def _ranking_of(
    table: TrialTable,
    _: str,
    dataset: str,
    models: tuple[str, ...],
    runs: tuple[str, ...],
    threshold: float | None,
) -> PolicyRanking:
    trials = _trials()
    for column, values in (("dataset", (dataset,) if dataset else ()), ("model", models), ("run_id", runs)):
        trials = trials[trials[column].isin(values)] if values else trials
    return rank_policies(trials, threshold)


def _usual(trials: pd.DataFrame) -> str:
    """The dataset with the most trials."""
    known = trials["dataset"].dropna()
    return str(known.value_counts().index[0]) if len(known) else ""


# ---- controls ----


def _filters(view: _View, every: pd.DataFrame) -> html.Section:
    datasets = _known(every["dataset"], view.dataset)
    dataset = view.dataset or _usual(every)
    controls = [
        narrowing(_VIEWED, "dataset", "Dataset", datasets, dataset or None, multi=False, clearable=False),
        narrowing(_VIEWED, "model", "Model", _known(every["model"], *view.model), list(view.model)),
        narrowing(_VIEWED, "run", "Run", _known(every["run_id"], *view.run), list(view.run)),
        _threshold(view),
    ]
    return html.Section(controls, className="filters", **attributes(aria_label="Filters"))


def _known(column: "pd.Series[Any]", *chosen: str) -> list[str]:
    # What the address names stays to be seen and taken away, even where nothing has it.
    return sorted({str(one) for one in column.dropna().unique()} | set(filter(None, chosen)))


def _threshold(view: _View) -> html.Label:
    box = dbc.Input(
        id=_VIEWED.choice_id("threshold"),
        type="number",
        min=0,
        max=100,
        step="any",
        value=None if view.threshold is None else float(format(100 * view.threshold, ".6g")),
        placeholder="5 below the best",
        debounce=0.4,
        className="field-input",
    )
    title = html.Span("Accurate enough (%)", className="field-label")
    return html.Label([title, box], className="filter")


def _policies(view: _View) -> html.Div:
    options = [{"label": f"{name}: {one.line}", "value": name} for name, one in POLICIES.items()]
    drawn = narrowing(_VIEWED, "policy", "Policies", options, list(view.policy), placeholder="The best tried")
    return html.Div(drawn, className="filters learning-policies")


def _rates(view: _View) -> Any:
    known = list(_tested())
    if not known:
        return None
    chosen = view.rates if view.rates in known else known[0]
    runs = narrowing(_VIEWED, "rates", "Run", known, chosen, multi=False, clearable=False)
    return html.Div(runs, className="filters", hidden=len(known) < 2)


def _none_yet() -> html.Div:
    text = (
        "A search over policies tells which suits your images: name several under Learning-rate policies. "
        "Until then, see below how each would move the rate."
    )
    start = links.with_query(links.NEW, {})
    return notice("info", "No policy has been tried yet", text, button_link("New run", "new", start))


# ---- parts ----


def _ranking(ranking: PolicyRanking, dataset: str) -> Any:
    if not ranking.by_accuracy:
        return blank("No finished training passes the filters.") if dataset else None
    accurate = [_accurate(one, place) for place, one in enumerate(ranking.by_accuracy)]
    note = f"On {dataset or 'all trials'}: other hyperparameters differ too, so few trials say little."
    enough = percent(ranking.threshold).replace(".0%", "%")
    if not ranking.by_time:
        fast: Any = blank(f"No training reached {enough}.")
    else:
        rows = [_fast(one, place) for place, one in enumerate(ranking.by_time)]
        fast = table("Policies by time", _BY_TIME, rows)
    return html.Div(
        [
            card("The most accurate", table("Policies by accuracy", _BY_ACCURACY, accurate), note=note),
            card(f"The fastest above {enough}", fast, note="Of trainings that are accurate enough."),
        ],
        className="split-even",
    )


def _accurate(one: PolicyResult, place: int) -> list[Any]:
    return [
        _name(one),
        count(one.trials),
        html.Span(percent(one.best.accuracy), className="" if place else "best"),
        percent(one.median),
        duration(one.best.seconds),
        _trial(one.best),
    ]


def _fast(one: PolicyResult, place: int) -> list[Any]:
    assert one.fastest is not None  # only those are ranked by time
    return [
        _name(one),
        f"{count(one.reached)} of {count(one.trials)}",
        html.Span(duration(one.fastest.seconds), className="" if place else "best"),
        percent(one.fastest.accuracy),
        _trial(one.fastest),
    ]


def _name(one: PolicyResult) -> html.Strong:
    return html.Strong(one.policy, title=POLICIES[one.policy].line)


def _trial(one: PolicyTrial) -> Any:
    return link(f"#{one.number}", links.trial(one.study, one.number), title=one.study)


def _schedules(view: _View, ranking: PolicyRanking) -> Schedules:
    tried = {one.policy: one for one in ranking.by_accuracy}
    names = view.policy or tuple(tried)[:_MOST_LINES] or _FIRST
    return Schedules(tuple(policies.schedule(name, tried.get(name)) for name in names))


def _tested() -> dict[str, Any]:
    return policies.tested_runs(reading.records(frames.runs_frame(connection.store())))


def _range(view: _View, dark: bool) -> Any:
    tested = _tested()
    if view.rates and view.rates not in tested:
        return blank(f"Run `{view.rates}` has no range test.")
    if not tested:
        return html.Div(
            [
                html.P("No run of this store has one yet. This makes one for each deep model of a search:"),
                html.Pre(_DOCUMENT, className="command"),
            ],
            className="learning-none",
        )
    run_id = view.rates or next(iter(tested))
    path = tested[run_id]
    found = policies.curves(path)
    if not found:
        return blank(f"`{path}` cannot be read: run the range test again.")
    return Costly(
        [run_id, str(path.stat().st_mtime_ns), dark],
        lambda: html.Div([_curve(one, dark) for one in found], className="learning-curves"),
    )


def _curve(one: RangeCurve, dark: bool) -> html.Div:
    if one.k0 is None or one.k1 is None:
        proposal = "No rate to propose."
    else:
        proposal = f"Learning rates from {one.k0:.2g} to {one.k1:.2g}."
    text = " ".join(filter(None, [proposal, one.note]))
    title = html.H3(f"{one.model}, with {one.optimizer}")
    figure = picture(range_test.draw(one, dark), f"Range test of {one.model}")
    return html.Div([title, html.P(text, className="card-note"), figure])


def _first(query: Query, name: str) -> str:
    return next(iter(query.get(name, ())), "")


def _share(text: str) -> float | None:
    try:
        value = float(text) / 100
    except ValueError:
        return None
    return value if 0 <= value <= 1 else None


_VIEWED = Viewed(
    "learning",
    links.LEARNING_RATE,
    ("ranking", "accuracy", "time", "schedules", "range"),
    _contents,
    lambda query: _View.of(query).query(),
)


def register(app: Dash) -> None:
    """Keep the view fresh."""
    _VIEWED.register(app)


PAGE = Page(
    links.LEARNING_RATE,
    "Learning rate",
    layout,
    register,
    label="Learning rate",
    icon="learning-rate",
    group="Compare",
)
