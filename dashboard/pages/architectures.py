"""`/architectures`: networks that were tried, by accuracy for their size, and what one of them is made of."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qs, urlencode

import dash_bootstrap_components as dbc
import pandas as pd
from dash import ALL, Dash, Input, Output, State, dcc, html
from dash.exceptions import PreventUpdate

from dashboard import connection, links, reading
from dashboard.background import UNFINISHED, JobState
from dashboard.components.basics import attributes, button, button_link, card, link, page_head
from dashboard.components.charts import picture
from dashboard.components.network_blocks import network_blocks
from dashboard.components.notices import blank, empty, skeleton
from dashboard.components.regions import Costly, digest
from dashboard.components.tables import Column, table
from dashboard.components.viewed import Query, Viewed, narrowing
from dashboard.routing import Page
from dashboard.wording import count, duration, percent
from tunescope.analysis.networks import NETWORK_COSTS, Networks, NetworkTrial, networks
from tunescope.figures.networks import draw, said
from tunescope.models import MODELS
from tunescope.models.deep.outline import outline
from tunescope.store import frames
from tunescope.store.columns import TrialTable
from tunescope.store.selection import TrialFilter

_KEYS = (
    "trial_id",
    "study",
    "number",
    "run_id",
    "dataset",
    "strategy",
    "state",
    "model",
    "validation_accuracy",
    "weights",
    "flops_per_image",
    "seconds",
)
_USUAL = next(iter(NETWORK_COSTS))
_LISTED = 12
_COLUMNS = (
    Column("Network"),
    Column("Model"),
    Column("Accuracy", is_number=True),
    Column("Weights", is_number=True),
    Column("Work", is_number=True),
    Column("Training", is_number=True),
    Column(""),
)
_LATER = "Evolved networks will stand here beside those of the models, once a search has made some."
_WAIT_MS = 700
_WAITING = {"type": "architectures-wait", "key": ALL}
_reading = threading.Lock()


@dataclass(frozen=True)
class _View:
    """What the page shows: networks on a dataset, of some models, against a cost, and one to look into."""

    dataset: str = ""
    model: tuple[str, ...] = ()
    by: str = _USUAL
    trial: str = ""

    @classmethod
    def of(cls, query: Query) -> "_View":
        given = {name: next(iter(query.get(name, ())), "") for name in ("dataset", "by", "trial")}
        by = given["by"] if given["by"] in NETWORK_COSTS else _USUAL
        return cls(given["dataset"], tuple(dict.fromkeys(query.get("model", ()))), by, given["trial"])

    def query(self) -> str:
        by = "" if self.by == _USUAL else self.by
        given = {"dataset": self.dataset, "model": self.model, "by": by, "trial": self.trial}
        kept = {name: value for name, value in given.items() if value}
        return f"?{urlencode(kept, doseq=True)}" if kept else ""


def layout(search: str = "") -> html.Div:
    """The page as the address wants it."""
    every = _trials()
    if every.empty:
        return html.Div([page_head("Architectures"), _nothing_yet()])
    view, parts = _view(search), _VIEWED.parts(search)
    copy = button("Copy link", "link", **attributes(data_copy_address="yes"))
    return html.Div(
        [
            page_head("Architectures", _LATER, copy),
            html.Section(_controls(view, every), className="filters", **attributes(aria_label="Filters")),
            card("Accuracy for the cost", [_costs(view), parts["picture"]], note=_FRONT),
            parts["front"],
            parts["blocks"],
            *_VIEWED.holders(search),
        ]
    )


_FRONT = "Each dot is a trained network. On the dotted line are those that no other one beats in both."


def _view(search: str) -> _View:
    return _View.of(parse_qs(search.lstrip("?")))


def _contents(search: str, dark: bool) -> Mapping[str, Any]:
    view = _view(search)
    found = _found(view.dataset or _usual(_trials()), view)
    key = [found.count, [str(one) for one in found.listed], view.by, dark]
    return {
        "picture": Costly(key, lambda: picture(draw(found, dark), "Accuracy for the cost")),
        "front": _front(found, view),
        "blocks": _blocks(view, found.listed),
    }


def _trials() -> pd.DataFrame:
    """Every trained network."""
    table = connection.table().refresh()
    with _reading:
        return _read(table, table.version)


@lru_cache(maxsize=1)
def _read(table: TrialTable, _: str) -> pd.DataFrame:
    known = [[name] for name in ("validation_accuracy", "weights", "epochs")]
    return table.columns(TrialFilter().with_values("state", ["COMPLETE"]), _KEYS, known)


def _found(dataset: str, view: _View) -> Networks:
    """Of one dataset, for accuracies on others say nothing about one another."""
    table = connection.table()
    return _networks_of(table, table.version, dataset, view.model, view.by)


@lru_cache(maxsize=8)
def _networks_of(table: TrialTable, _: str, dataset: str, models: tuple[str, ...], by: str) -> Networks:
    trials = _trials()
    for column, values in (("dataset", (dataset,) if dataset else ()), ("model", models)):
        trials = trials[trials[column].isin(values)] if values else trials
    return networks(trials, by)


def _usual(trials: pd.DataFrame) -> str:
    """The dataset with the most networks."""
    known = trials["dataset"].dropna()
    return str(known.value_counts().index[0]) if len(known) else ""


# ---- controls ----


def _controls(view: _View, every: pd.DataFrame) -> list[Any]:
    dataset = view.dataset or _usual(every)
    return [
        narrowing(
            _VIEWED,
            "dataset",
            "Dataset",
            _known(every["dataset"], dataset),
            dataset or None,
            multi=False,
            clearable=False,
        ),
        narrowing(_VIEWED, "model", "Model", _known(every["model"], *view.model), list(view.model)),
    ]


def _known(column: "pd.Series[Any]", *chosen: str) -> list[str]:
    # What the address names stays to be seen and taken away, even where nothing has it.
    return sorted({str(one) for one in column.dropna().unique()} | set(filter(None, chosen)))


def _costs(view: _View) -> html.Div:
    options = [{"label": label, "value": name} for name, (label, _) in NETWORK_COSTS.items()]
    items = dbc.RadioItems(
        id=_VIEWED.choice_id("by"), options=options, value=view.by, className="segmented", inline=True
    )
    return html.Div(items, className="chart-tools")


# ---- the front ----


def _front(found: Networks, view: _View) -> html.Section:
    title = "Networks worth a look"
    if not found.listed:
        return card(title, blank("No network passes the filters."))
    best = found.listed[:_LISTED]
    hidden = len(found.listed) - len(best)
    note = f"Of {count(found.count, 'network')} those on the line, and the best of each model."
    if hidden:
        note += f" {count(hidden)} less accurate ones are not listed."
    lines = [_line(one, view) for one in best]
    return card(title, table(title, _COLUMNS, lines, "table-networks"), note=note)


def _line(one: NetworkTrial, view: _View) -> list[Any]:
    inside = _VIEWED.path + _View(view.dataset, view.model, view.by, one.address).query()
    return [
        link(f"{one.study} #{one.number}", links.trial(one.study, one.number), "link run-name"),
        one.model,
        percent(one.accuracy),
        said("weights", one.weights),
        said("flops_per_image", one.flops_per_image),
        duration(one.seconds),
        html.Div(button_link("Look inside", "search", inside, "quiet"), className="row-actions"),
    ]


# ---- the blocks of one network ----


def _blocks(view: _View, listed: Sequence[NetworkTrial]) -> Any:
    address = view.trial or (listed[0].address if listed else "")
    if not address:
        return None
    study, _, number = address.rpartition("/")
    rows = reading.records(_row(study, number))
    if not rows:
        return card("What it is made of", blank(f"There is no trial `{address}` in this store."))
    row = rows[0]
    params = row["params"]
    # In one piece: parts of a heading would stand apart.
    title = html.Span(
        ["What ", link(f"{study} #{number}", links.trial(study, int(number)), "link"), " is made of"]
    )
    note = f"{params.get('model', 'unknown')}: {reading.settings_text(params)}"
    return card(title, _looked_into(row, params), note=note)


def _row(study: str, number: str) -> pd.DataFrame:
    wanted = int(number) if number.isascii() and number.isdigit() and len(number) < 10 else -1
    return frames.trials_frame(connection.store(), study=study, number=wanted)


def _looked_into(row: Mapping[str, Any], params: Mapping[str, Any]) -> Any:
    model = MODELS.get(str(params.get("model")))
    dataset = frames.dataset(connection.store(), str(row["run_id"]))
    if model is None or model.kind != "deep" or dataset is None:
        return blank("Only networks of Tunescope's own deep models can be looked into.")
    known = {name: value for name, value in reading.settings(params).items() if name in model.space}
    hyperparameters = model.completed(known)
    order = (model.name, hyperparameters, tuple(dataset["image_shape"]), len(dataset["classes"]))
    # In a process of its own: to build a network takes PyTorch, which this server does without.
    state = connection.current().jobs.start(f"outline-{digest(list(map(str, order)))}", outline, *order)
    return _shown(state)


def _shown(state: JobState) -> Any:
    if state.status == "done":
        return network_blocks(state.result)
    if state.status in UNFINISHED:
        again = dcc.Interval(
            id={"type": _WAITING["type"], "key": "blocks"}, interval=_WAIT_MS, max_intervals=120
        )
        return html.Div([html.P("Building it to look inside.", role="status"), skeleton("row", 4), again])
    return blank(f"It could not be looked into. {state.problem or 'Somebody ended that'}.")


def _nothing_yet() -> html.Div:
    return empty(
        "architectures",
        "No network has been trained yet",
        f"Deep models that a search trains stand here by accuracy and size. {_LATER}",
        button_link("New run", "new", links.NEW, "primary"),
    )


_VIEWED = Viewed(
    "architectures",
    links.ARCHITECTURES,
    ("picture", "front", "blocks"),
    _contents,
    lambda query: _View.of(query).query(),
)


def register(app: Dash) -> None:
    """Keep the view fresh, and look again soon while a network is being built."""
    _VIEWED.register(app)

    @app.callback(
        Output("architectures-poll", "n_intervals"),
        Input(_WAITING, "n_intervals"),
        State("architectures-poll", "n_intervals"),
        prevent_initial_call=True,
    )
    def look_again(waited: list[int | None], polls: int | None) -> int:
        if not any(waited):
            raise PreventUpdate
        return (polls or 0) + 1


PAGE = Page(
    links.ARCHITECTURES,
    "Architectures",
    layout,
    register,
    label="Architectures",
    icon="architectures",
    group="Compare",
)
