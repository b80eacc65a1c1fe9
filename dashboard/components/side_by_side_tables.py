"""Tables of a few trials, one column a trial: what they are, scored and were set to."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dash import html

from dashboard import links
from dashboard.components.basics import attributes, badge, breakable, fold, icon, link
from dashboard.components.notices import blank
from dashboard.wording import NOTHING, count, duration, memory, number, percent
from tunescope.analysis.selection import UNKNOWN_MODEL
from tunescope.analysis.side_by_side import Score, Setting
from tunescope.figures.side_by_side import LETTERS

# Ids of trials, the baseline first -> the address that shows them side by side.
Address = Callable[[Sequence[int]], str]
_LONGEST_STUDY = 18
_WRITTEN: dict[str, Callable[[float], str]] = {
    "share": percent,
    "number": number,
    "seconds": duration,
    "bytes": memory,
    "count": lambda value: f"{value:,.0f}",
}


@dataclass(frozen=True)
class Compared:
    """The trials on the page, the baseline first: their rows in the store, and a short name of each."""

    rows: tuple[Mapping[str, Any], ...]

    @property
    def ids(self) -> list[int]:
        """Their ids."""
        return [int(row["trial_id"]) for row in self.rows]

    @property
    def names(self) -> list[str]:
        """Their numbers, with their studies where those differ."""
        if len({row["study"] for row in self.rows}) == 1:
            return [f"#{row['number']}" for row in self.rows]
        return [f"{_short(str(row['study']))} #{row['number']}" for row in self.rows]

    @property
    def common_model(self) -> str | None:
        """The model of all of them, None where they have different ones."""
        models = {str(row["model"]) for row in self.rows}
        return models.pop() if len(models) == 1 else None


def mark(position: int) -> html.Span:
    """The letter by which a trial is known on the page, in its colour."""
    return html.Span(LETTERS[position], className=f"trial-mark trial-mark-{position}")


def score_table(compared: Compared, scores: Sequence[Score], address: Address) -> html.Div:
    """Who the trials are and what they scored; the best of a row is marked."""
    rows = [_score_row(score) for score in scores]
    return _table("Scores side by side", _heads(compared, address), rows)


def settings_tables(compared: Compared, settings: Sequence[Setting]) -> list[Any]:
    """The parameters that differ, and folded away those that are equal."""
    differing = [one for one in settings if one.differs]
    equal = [one for one in settings if not one.differs]
    heads = [_plain_head(*pair) for pair in enumerate(compared.names)]
    shown = _table("Parameters that differ", heads, [_setting_row(one, compared) for one in differing])
    parts: list[Any] = [shown if differing else blank(_nothing_differs(settings))]
    if equal:
        rows = [_setting_row(one, compared) for one in equal]
        title = f"{count(len(equal), 'parameter')} the same in all"
        parts.append(fold(title, _table("Parameters that are the same", heads, rows)))
    return parts


def _short(study: str) -> str:
    return study if len(study) <= _LONGEST_STUDY else f"{study[: _LONGEST_STUDY - 1]}…"


def _nothing_differs(settings: Sequence[Setting]) -> str:
    return "They have the same parameters." if settings else "None of these trials has a parameter."


def _table(caption: str, heads: Sequence[html.Th], rows: Sequence[html.Tr]) -> html.Div:
    corner = html.Th(html.Span(caption, className="visually-hidden"), scope="col")
    content = [html.Thead(html.Tr([corner, *heads])), html.Tbody(list(rows))]
    # What scrolls must be in reach of the keyboard.
    return html.Div(
        html.Table(content),
        className="compare-table",
        tabIndex=0,
        role="region",
        **attributes(aria_label=caption),
    )


def _heads(compared: Compared, address: Address) -> list[html.Th]:
    pairs = zip(compared.rows, compared.names, strict=True)
    return [_head(position, row, name, compared.ids, address) for position, (row, name) in enumerate(pairs)]


def _head(position: int, row: Mapping[str, Any], name: str, ids: Sequence[int], address: Address) -> html.Th:
    others = [one for place, one in enumerate(ids) if place != position]
    to_page = link(name, links.trial(str(row["study"]), int(row["number"])), title=str(row["study"]))
    return html.Th(
        [
            html.Div([mark(position), to_page], className="compare-name"),
            html.Div(_model(row), className="compare-model"),
            badge(str(row["state"])),
            html.Div(_moves(position, ids[position], others, address), className="compare-moves"),
        ],
        scope="col",
    )


def _model(row: Mapping[str, Any]) -> str | None:
    return None if row["model"] == UNKNOWN_MODEL else str(row["model"])


def _moves(position: int, own: int, others: Sequence[int], address: Address) -> list[Any]:
    """Links to the same page with another baseline, or without this trial."""
    first = (
        link("Make baseline", address([own, *others]))
        if position
        else html.Span("Baseline", className="muted")
    )
    away = link("Leave out", address(others)) if len(others) > 1 else None
    return [first, away]


def _plain_head(position: int, name: str) -> html.Th:
    return html.Th(html.Div([mark(position), html.Span(name)], className="compare-name"), scope="col")


def _score_row(score: Score) -> html.Tr:
    cells = [_score_cell(score, position) for position in range(len(score.values))]
    return html.Tr([html.Th(score.title, scope="row"), *cells])


def _score_cell(score: Score, position: int) -> html.Td:
    value = score.values[position]
    text = NOTHING if value != value else _WRITTEN[score.unit](value)
    if position not in score.best:
        return html.Td(text, className="cell-number")
    best = [icon("trophy"), html.Span("best ", className="visually-hidden"), html.Span(text)]
    return html.Td(best, className="cell-number best")


def _setting_row(setting: Setting, compared: Compared) -> html.Tr:
    name = setting.name.removeprefix(f"{compared.common_model}.")
    values = [_value(setting, position) for position in range(len(setting.values))]
    return html.Tr([html.Th(breakable(name), scope="row"), *values])


def _value(setting: Setting, position: int) -> html.Td:
    if not setting.is_set[position]:
        return html.Td(NOTHING, className="cell-number muted", title="This trial has no such parameter")
    value = setting.values[position]
    is_other = setting.differs and not _is_as_first(setting, position)
    text = "None" if value is None else "NaN" if value != value else number(value)
    return html.Td(text, className=f"cell-number{' compare-other' if is_other else ''}")


def _is_as_first(setting: Setting, position: int) -> bool:
    pair = Setting(
        setting.name,
        (setting.values[0], setting.values[position]),
        (setting.is_set[0], setting.is_set[position]),
    )
    return not pair.differs
