"""What the page of a trial shows of its predictions: one dataclass is the address and the selection alike."""

import json
import re
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs

from dash import html

from dashboard import links
from tunescope.analysis.mistakes import ORDERS

PAGE_SIZE = 16
GO = "trial-go"


@dataclass(frozen=True)
class ModelView:
    """A view of a model's predictions.

    Attributes:
        cell: indices of the true and the predicted class whose images are shown; None for no cell.
        order: which images are shown without a cell: a key of ``ORDERS``.
        page: number of the page of images, from 1.
        image: row of the image that is shown large; None for no image.
    """

    cell: tuple[int, int] | None = None
    order: str = "mistakes"
    page: int = 1
    image: int | None = None

    @classmethod
    def from_query(cls, search: str | None) -> "ModelView":
        """Read a query string; what it holds beyond a view is passed over."""
        query = {key: given[0] for key, given in parse_qs((search or "").lstrip("?")).items()}
        cell = re.fullmatch(r"(\d{1,6}):(\d{1,6})", query.get("cell", ""), re.ASCII)
        return cls(
            cell=(int(cell[1]), int(cell[2])) if cell else None,
            order=query["images"] if query.get("images") in ORDERS else "mistakes",
            page=max(1, _whole(query.get("page")) or 1),
            image=_whole(query.get("image")),
        )

    def to_query(self, **changes: Any) -> str:
        """The query string of this view with changes; another selection begins at its first page."""
        if not {"page", "image"} & set(changes):
            changes["page"] = 1
        view = replace(self, **{"image": None, **changes})
        query = {
            "cell": ":".join(map(str, view.cell)) if view.cell else "",
            "images": view.order if view.order != "mistakes" else "",
            "page": view.page if view.page > 1 else "",
            # As text, for the first row is 0.
            "image": "" if view.image is None else str(view.image),
        }
        # A colon may stand in a query as it is, and is easier to read.
        return links.with_query("", query).replace("%3A", ":")


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None


def go(children: Any, part: str, query: str, className: str = "", **properties: Any) -> html.Button:  # noqa: N803
    """A button that leads to another view; ``part`` sets buttons to the same view apart."""
    key = {"type": GO, "part": part, "to": query}
    return html.Button(children, id=key, type="button", className=className, **properties)


def gone(triggered: Any) -> str | None:
    """The query that a click on a button leads to, from an entry of ``ctx.triggered``."""
    if not triggered or not triggered["value"]:
        return None
    return str(json.loads(triggered["prop_id"].rpartition(".")[0])["to"])
