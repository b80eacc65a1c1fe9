"""What the page of a dataset shows: one dataclass is the address and the selection alike."""

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs

import pandas as pd

from dashboard import links
from tunescope.datasets.splitting import SPLITS

TABS = {
    "overview": "Overview",
    "images": "Images",
    "findings": "Findings",
    "duplicates": "Duplicates",
    "labels": "Label errors",
    "map": "Map",
    "preparation": "Preparation",
}
PAGE_SIZES = {"images": 60, "findings": 40, "duplicates": 12, "labels": 24}
COLOURINGS = ("class", "split")


@dataclass(frozen=True)
class DatasetView:
    """A view of a dataset.

    Attributes:
        name: of the dataset.
        fingerprint: of one version; empty for the latest.
        tab: one of ``TABS``.
        label: class to show; empty for all.
        split: split to show; empty for all.
        kind: kind of finding to show; empty for all.
        text: what classes or files must contain.
        page: number of the page, from 1.
        image: path of the image that is shown large; empty for none.
        colour: what colours the map.
    """

    name: str
    fingerprint: str = ""
    tab: str = "overview"
    label: str = ""
    split: str = ""
    kind: str = ""
    text: str = ""
    page: int = 1
    image: str = ""
    colour: str = "class"

    @classmethod
    def from_query(cls, name: str, search: str) -> "DatasetView":
        """Read a query string; what it holds beyond a view is passed over."""
        query = {key: given[0] for key, given in parse_qs(search.lstrip("?")).items()}
        tab, split, colour, page = (query.get(key, "") for key in ("tab", "split", "colour", "page"))
        return cls(
            name=name,
            fingerprint=query.get("fingerprint", ""),
            tab=tab if tab in TABS else "overview",
            label=query.get("label", ""),
            split=split if split in SPLITS else "",
            kind=query.get("kind", ""),
            text=query.get("q", ""),
            page=max(1, int(page)) if page.isascii() and page.isdigit() and len(page) < 9 else 1,
            image=query.get("image", ""),
            colour=colour if colour in COLOURINGS else "class",
        )

    def href(self, **changes: Any) -> str:
        """The address of this view with changes; another selection begins at its first page."""
        if "page" not in changes and "image" not in changes:
            changes["page"] = 1
        view = replace(self, **{"image": "", **changes})
        return links.dataset(
            view.name,
            fingerprint=view.fingerprint,
            tab=view.tab if view.tab != "overview" else "",
            label=view.label,
            split=view.split,
            kind=view.kind,
            q=view.text,
            page=view.page if view.page > 1 else 0,
            image=view.image,
            colour=view.colour if view.colour != "class" else "",
        )

    def tab_href(self, tab: str, **selection: Any) -> str:
        """The address of another tab, without what was selected in this one."""
        return DatasetView(self.name, self.fingerprint, tab, **selection).href(page=1)


@dataclass(frozen=True)
class Slice:
    """One page of the rows of a frame, and how many pages there are."""

    rows: pd.DataFrame
    page: int
    pages: int
    total: int


def sliced(frame: pd.DataFrame, view: DatasetView) -> Slice:
    """The rows of a frame on the page that a view asks for, or on the last one."""
    size = PAGE_SIZES[view.tab]
    pages = max(1, -(-len(frame) // size))
    page = min(view.page, pages)
    return Slice(frame.iloc[(page - 1) * size : page * size], page, pages, len(frame))


def chosen(frame: pd.DataFrame, view: DatasetView) -> pd.DataFrame:
    """The rows of the class, split and text that a view asks for."""
    mask = pd.Series(True, index=frame.index)
    if view.label:
        mask &= frame["label"] == view.label
    if view.split:
        mask &= frame["split"] == view.split
    if view.text:
        column = frame["path" if "path" in frame else "file"].astype(str)
        mask &= column.str.casefold().str.contains(view.text.casefold(), regex=False)
    return frame[mask]
