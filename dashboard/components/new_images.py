"""Which images a new run searches on: what was prepared, what was uploaded, what came with the project."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dash import html

from dashboard import catalogue, connection, links
from dashboard.catalogue import Prepared
from dashboard.components.basics import attributes, icon, link
from dashboard.components.dataset_bits import strip
from dashboard.components.dataset_cards import ON_BOARD
from dashboard.components.picks import pick, picks
from dashboard.wording import count, memory
from tunescope.store import Store

# More are offered by the field below, which knows all of them.
_SHOWN = 7
_STRIP, _SIZE = 4, 44


@dataclass(frozen=True)
class Source:
    """Images that a run can be started on; ``prepared`` is their latest preparation, if there is one."""

    source: str
    name: str
    line: str
    prepared: Prepared | None = None


def sources(store: Store) -> list[Source]:
    """All that are known, prepared ones first, the latest used first; a source comes once."""
    here = connection.current()
    found = [_prepared(one) for one in catalogue.all_prepared(store)]
    found += [
        Source(one.source, one.name, f"{memory(one.size)}, not prepared yet")
        for one in here.uploads.uploaded()
    ]
    if (here.launcher.project / ON_BOARD).is_file():
        line = "Photos of ten hand signs that come with Tunescope, not prepared yet"
        found.append(Source(ON_BOARD.as_posix(), "Hand signs", line))
    return list({one.source: one for one in reversed(found)}.values())[::-1]


def images(known: Sequence[Source], chosen: str | None) -> html.Div:
    """A card for each of the latest sources, and the way to more."""
    cards = [
        pick(f"images:{one.source}", one.name, one.line, "images", one.source == chosen, _strip(one))
        for one in known[:_SHOWN]
    ]
    upload = link(
        [
            html.Span(icon("upload"), className="pick-strip", **attributes(aria_hidden="true")),
            html.Span(html.Strong("Other images"), className="pick-title"),
            html.Span("Upload an archive or a folder with a folder for each class.", className="pick-line"),
        ],
        links.DATASETS,
        "pick-card pick-link",
    )
    return picks("Known images", [*cards, upload], "picks-images")


def _prepared(one: Prepared) -> Source:
    line = f"{count(one.images, 'image')}, {count(len(one.classes))} classes"
    return Source(one.source, one.name, line, one)


def _strip(one: Source) -> html.Span:
    """Some of its images, evenly picked; an icon before it is prepared."""
    if one.prepared is not None and one.prepared.is_there:
        return strip(one.prepared, _STRIP, _SIZE, "pick-strip")
    symbol = "folder" if not Path(one.source).suffix else "images"
    return html.Span(icon(symbol), className="pick-strip", **attributes(aria_hidden="true"))
