"""Plain tables, which become cards on a narrow screen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dash import html

from dashboard.components.basics import attributes
from dashboard.wording import NOTHING


@dataclass(frozen=True)
class Column:
    """A heading, and whether its cells are numbers."""

    title: str
    is_number: bool = False

    @property
    def css(self) -> str:
        """The class of its cells."""
        return "cell-number" if self.is_number else ""


def table(
    caption: str,
    columns: Sequence[Column],
    rows: Sequence[Sequence[Any]],
    className: str = "",  # noqa: N803
) -> html.Div:
    """A table; ``caption`` is read aloud, and each cell is labelled where the table becomes cards."""
    head = html.Tr([_heading(column) for column in columns])
    body = [html.Tr([_cell(*pair) for pair in zip(columns, row, strict=True)]) for row in rows]
    content = [html.Caption(caption, className="visually-hidden"), html.Thead(head), html.Tbody(body)]
    return html.Div(html.Table(content), className=f"table-plain {className}")


def _heading(column: Column) -> html.Th | html.Td:
    if not column.title:
        return html.Td()  # a heading that says nothing would be read out as one
    return html.Th(column.title, scope="col", className=column.css)


def _cell(column: Column, value: Any) -> html.Td:
    # Where the table becomes cards, a line that says nothing is left out.
    css = f"{column.css} cell-nothing" if value == NOTHING else column.css
    return html.Td(value, className=css, **attributes(data_label=column.title))
