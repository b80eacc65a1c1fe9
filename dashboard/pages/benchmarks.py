"""`/benchmarks`: what was measured on finished models, side by side. The address holds the view."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode

import dash_bootstrap_components as dbc
from dash import Dash, html

from dashboard import links, results
from dashboard.components.basics import attributes, button, button_link, card, link, page_head
from dashboard.components.charts import picture
from dashboard.components.notices import blank, empty
from dashboard.components.regions import Costly
from dashboard.components.tables import Column, table
from dashboard.components.viewed import Query, Viewed, narrowing
from dashboard.routing import Page
from dashboard.wording import NOTHING, ago, count, duration, interval, memory, moment, percent
from tunescope.analysis.benchmarking import COSTS, Measured, measurements, winners
from tunescope.figures.benchmarking import draw_costs, draw_intervals
from tunescope.figures.wording import number

_FILTERS = {"dataset": "Dataset", "machine": "Machine", "model": "Model"}
_USUAL = next(iter(COSTS))
# More rows than a person compares by eye are left to the table.
_DRAWN, _LISTED = 20, 200
_COLUMNS = (
    Column("Model"),
    Column("Run"),
    Column("Dataset"),
    Column("Test", is_number=True),
    Column("95% interval", is_number=True),
    Column("Training", is_number=True),
    Column("Testing", is_number=True),
    Column("Latency", is_number=True),
    Column("Images a second", is_number=True),
    Column("Memory", is_number=True),
    Column("Machine"),
    Column("Measured", is_number=True),
)


@dataclass(frozen=True)
class _View:
    """What the page shows: rows with one of the names, and the cost that is drawn."""

    dataset: tuple[str, ...] = ()
    machine: tuple[str, ...] = ()
    model: tuple[str, ...] = ()
    cost: str = _USUAL

    @classmethod
    def of(cls, query: Query) -> "_View":
        cost = query.get("cost", [_USUAL])[0]
        names = {name: tuple(dict.fromkeys(query.get(name, ()))) for name in _FILTERS}
        return cls(**names, cost=cost if cost in COSTS else _USUAL)

    def query(self) -> str:
        kept = {name: getattr(self, name) for name in _FILTERS if getattr(self, name)}
        kept |= {"cost": (self.cost,)} if self.cost != _USUAL else {}
        return f"?{urlencode(kept, doseq=True)}" if kept else ""

    def passes(self, row: Measured) -> bool:
        return all(not (wanted := getattr(self, name)) or _of(row, name) in wanted for name in _FILTERS)


def layout(search: str = "") -> html.Div:
    """The page as the address wants it."""
    rows = measurements(results.benchmarked())
    if not rows:
        return html.Div([page_head("Benchmarks"), _nothing_yet()])
    view, parts = _view(search), _VIEWED.parts(search)
    copy = button("Copy link", "link", **attributes(data_copy_address="yes"))
    note = "Each finished run measures its winner: once on the sealed test images, and in use."
    return html.Div(
        [
            page_head("Benchmarks", note, copy),
            html.Section(_controls(view, rows), className="filters", **attributes(aria_label="Filters")),
            html.Div(
                [
                    card("Test accuracy", parts["accuracy"], note=_INTERVALS, className="chart-card"),
                    card("Costs", [_costs(view), parts["costs"]], note=_COSTS, className="chart-card"),
                ],
                className="charts",
            ),
            parts["table"],
            *_VIEWED.holders(search),
        ]
    )


_INTERVALS = (
    "Of models of one dataset: where intervals hardly overlap, the difference is more than the luck of "
    "these test images."
)
_COSTS = "Only figures of one machine can be compared."


def _view(search: str) -> _View:
    return _View.of(parse_qs(search.lstrip("?")))


def _contents(search: str, dark: bool) -> Mapping[str, Any]:
    view, every = _view(search), measurements(results.benchmarked())
    rows = [row for row in every if view.passes(row)]
    drawn, key = rows[:_DRAWN], [list(map(str, astuple(row))) for row in rows]
    return {
        "accuracy": Costly(
            [key, dark], lambda: picture(draw_intervals(drawn, dark), "Test accuracy with intervals")
        ),
        "costs": Costly(
            [key, dark, view.cost],
            lambda: picture(draw_costs(drawn, view.cost, dark), COSTS[view.cost].title),
        ),
        "table": _table(rows, len(every)),
    }


def _controls(view: _View, rows: Sequence[Measured]) -> list[Any]:
    return [_choice(name, title, view, rows) for name, title in _FILTERS.items()]


def _choice(name: str, title: str, view: _View, rows: Sequence[Measured]) -> html.Label:
    chosen = list(getattr(view, name))
    # What the address names stays to be seen and taken away, even where nothing has it.
    known = sorted({value for row in rows if (value := _of(row, name))} | set(chosen))
    return narrowing(_VIEWED, name, title, known, chosen)


def _of(row: Measured, name: str) -> str:
    return str(getattr(row, name) or "")


def _costs(view: _View) -> html.Div:
    options = [{"label": one.label, "value": name} for name, one in COSTS.items()]
    items = dbc.RadioItems(
        id=_VIEWED.choice_id("cost"), options=options, value=view.cost, className="segmented", inline=True
    )
    return html.Div(items, className="chart-tools")


def _table(rows: Sequence[Measured], of: int) -> Any:
    if not rows:
        return card("Measured models", blank("No model passes the filters."))
    best = {name: winners(rows, name) for name in ("test_accuracy", *COSTS)}
    lines = [_line(row, best) for row in rows[:_LISTED]]
    note = count(len(rows), "model") if len(rows) == of else f"{count(len(rows))} of {count(of, 'model')}"
    if len(rows) > _LISTED:
        note += f", of which the first {_LISTED} are listed"
    if any(best.values()):
        note += ". Green is the best of its dataset, or of its dataset and machine."
    return card("Measured models", table("Measured models", _COLUMNS, lines, "table-benchmarks"), note=note)


def _line(row: Measured, best: Mapping[str, frozenset[tuple[str, int]]]) -> list[Any]:
    def marked(name: str, text: str) -> Any:
        return html.Span(text, className="best") if (row.study, row.number) in best[name] else text

    return [
        link(row.model, links.trial(row.study, row.number), "link run-name"),
        link(row.run_id, links.run(row.run_id)),
        row.dataset or NOTHING,
        marked("test_accuracy", percent(row.test_accuracy)),
        interval(row.low, row.high),
        marked("train_seconds", duration(row.train_seconds)),
        marked("test_seconds", duration(row.test_seconds)),
        marked("latency_ms", f"{number(row.latency_ms)} ms"),
        marked("images_per_second", number(row.images_per_second)),
        marked("peak_memory_bytes", memory(row.peak_memory_bytes)),
        html.Span(row.machine, className="muted"),
        html.Span(ago(row.created), title=moment(row.created)),
    ]


def _nothing_yet() -> html.Div:
    return empty(
        "benchmarks",
        "Nothing has been measured yet",
        "When a run finishes, its winner predicts the sealed test images once, and its latency, throughput "
        "and memory are measured.",
        button_link("New run", "new", links.NEW, "primary"),
    )


_VIEWED = Viewed(
    "benchmarks",
    links.BENCHMARKS,
    ("accuracy", "costs", "table"),
    _contents,
    lambda query: _View.of(query).query(),
)


def register(app: Dash) -> None:
    """Keep the view fresh."""
    _VIEWED.register(app)


PAGE = Page(
    links.BENCHMARKS,
    "Benchmarks",
    layout,
    register,
    label="Benchmarks",
    icon="benchmarks",
    group="Results",
)
