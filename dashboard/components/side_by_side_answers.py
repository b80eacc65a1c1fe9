"""What a few models answer to the same validation images, side by side."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from dash import dcc, html

from dashboard import catalogue, links, predictions
from dashboard.catalogue import Prepared
from dashboard.components.basics import attributes, card, fold, icon, sentence, tile
from dashboard.components.charts import picture
from dashboard.components.dataset_bits import PLACES, THUMB
from dashboard.components.notices import blank, notice
from dashboard.components.side_by_side_tables import Compared, mark
from dashboard.dataset_view import DatasetView
from dashboard.wording import count, listing, p_value, percent
from tunescope.analysis.mistakes import Predictions
from tunescope.analysis.side_by_side_answers import (
    AnswerComparison,
    Dispute,
    PairTest,
    compare_answers,
    shared,
)
from tunescope.errors import SourceError, TunescopeError
from tunescope.figures.side_by_side import LETTERS, draw_change, draw_matrix, draw_recalls
from tunescope.store import Store

_TITLE = "Answers to the validation images"
# Of a thousand classes, those in which the trials are furthest apart.
_MOST_CLASSES = 24
_SELDOM = 0.05
# So many disputed images are shown at once, more when they are asked for.
_OPEN = 12


def answers_parts(store: Store, compared: Compared, dataset: dict[str, Any], dark: bool) -> list[Any]:
    """Cards that compare the answers of all trials whose predictions can be read; all of one dataset."""
    classes = tuple(map(str, dataset["classes"]))
    found, faults = _read(compared, dataset)
    missing = _missing(faults)
    if len(found) < 2:
        text = "Answers can be compared when at least two of the trials left predictions."
        return [card(_TITLE, [missing, blank(text)])]
    common = shared(list(found.values()))
    if not common:
        text = (
            "No image was answered by all of them with the same true class, so there is nothing to compare."
        )
        return [card(_TITLE, [missing, blank(text)])]
    result, positions = compare_answers(common, len(classes)), list(found)
    return [
        card(_TITLE, [missing, *_agreement(result, positions)], note=_of_images(result, found)),
        _recalls(result, positions, classes, compared, dark),
        _matrices(result, positions, classes, compared, dark),
        _disputes(result, positions, classes, _prepared(store, dataset)),
    ]


def _read(compared: Compared, dataset: dict[str, Any]) -> tuple[dict[int, Predictions], list[str]]:
    """Answers by position, and why others have none."""
    found, faults = {}, []
    for position, row in enumerate(compared.rows):
        try:
            found[position] = predictions.read(row, dataset).found
        except SourceError as error:
            faults.append(f"Trial {LETTERS[position]} is not among them. {error}")
    return found, faults


def _missing(faults: Sequence[str]) -> Any:
    return notice("info", "Not all answers are known", " ".join(faults)) if faults else None


def _of_images(result: AnswerComparison, found: dict[int, Predictions]) -> str:
    most = max(len(one.rows) for one in found.values())
    if result.images == most:
        return f"All of them answered the same {count(result.images, 'image')}. Test images stay sealed."
    return f"Of at most {count(most, 'image')}, the {result.images:,} that all of them answered."


def _agreement(result: AnswerComparison, positions: Sequence[int]) -> list[Any]:
    tiles = [
        tile("Every trial is right", *_amount(result.all_right, result.images)),
        tile("None is right", *_amount(result.all_wrong, result.images)),
        tile("Different answers", *_amount(result.disputed, result.images)),
    ]
    test = [] if result.test is None else [_test(result.test, positions)]
    pairs = [] if len(positions) == 2 else [_pair_table(result, positions)]
    return [html.Div(tiles, className="compare-tiles"), *test, *pairs]


def _amount(images: int, of: int) -> tuple[str, str]:
    return percent(images / of), count(images, "image")


def _test(test: PairTest, positions: Sequence[int]) -> html.P:
    first, second = (LETTERS[position] for position in positions)
    counted = (
        f"{first} alone is right on {count(test.first_only, 'image')}, "
        f"{second} alone on {test.second_only:,}. "
    )
    return html.P(counted + _verdict(test), className="compare-verdict")


def _verdict(test: PairTest) -> str:
    """What the test says, and what it does not."""
    if not test.first_only + test.second_only:
        return "Nothing tells them apart: they are right and wrong on the very same images."
    how = f"exact McNemar test, {p_value(test.p_value)}"
    if test.p_value >= _SELDOM:
        return (
            f"Such a difference is within what chance alone makes ({how}): "
            "these images do not tell which one is better."
        )
    return (
        f"Chance alone seldom makes such a difference ({how}). But searches choose "
        "by these very images, which flatters whatever they chose: the sealed test images have the last word."
    )


def _pair_table(result: AnswerComparison, positions: Sequence[int]) -> Any:
    heads = [html.Th(mark(position), scope="col") for position in positions]
    rows = [
        html.Tr([html.Th(mark(position), scope="row"), *[_share_cell(share) for share in line]])
        for position, line in zip(positions, result.agreement, strict=True)
    ]
    note = "Share of images to which two trials give the same answer. Open just two to test them."
    table = html.Table([html.Thead(html.Tr([html.Td(), *heads])), html.Tbody(rows)])
    return html.Div(
        [
            html.P(note, className="card-note"),
            html.Div(table, tabIndex=0, role="region", **attributes(aria_label="Agreement")),
        ],
        className="compare-pairs",
    )


def _share_cell(share: float) -> html.Td:
    return html.Td(percent(share), style={"--share": f"{share:.3f}"})


def _recalls(
    result: AnswerComparison, positions: Sequence[int], classes: Sequence[str], compared: Compared, dark: bool
) -> html.Section:
    shown = result.recalls[:_MOST_CLASSES]
    figure = draw_recalls(shown, classes, compared.names, positions, dark)
    rest = len(result.recalls) - len(shown)
    of = f" The other {count(rest)} classes differ less." if rest else ""
    note = f"Share of the images of each class that a trial recognizes, the widest spread first.{of}"
    return card("Class by class", picture(figure, "Recall of each class"), note=note)


def _matrices(
    result: AnswerComparison, positions: Sequence[int], classes: Sequence[str], compared: Compared, dark: bool
) -> html.Section:
    matrices, first = result.matrices, LETTERS[positions[0]]
    own = [
        _small(position, compared, draw_matrix(matrices, place, classes, dark), percent(accuracy))
        for place, (position, accuracy) in enumerate(zip(positions, result.accuracies, strict=True))
    ]
    changes = [
        _small(position, compared, draw_change(matrices, place, classes, dark), f"against {first}")
        for place, position in enumerate(positions)
        if place
    ]
    # Of two trials, all three matrices fit into one row.
    grids = [own + changes] if len(own) == 2 else [own, changes]
    css = f"compare-grid {_size(len(matrices.classes))}"
    return card(
        "Confusion matrices",
        [
            *[html.Div(grid, className=css) for grid in grids],
            html.P(_legend(first), className="compare-legend"),
        ],
        note=f"Rows are true classes, columns what the model took them for.{_left_out(matrices.left_out)}",
    )


def _left_out(classes: int) -> str:
    return f" The classes that differ most; {count(classes)} others are left out." if classes else ""


def _legend(first: str) -> list[Any]:
    return [
        f"Against {first}, the baseline: ",
        html.Span("better", className="compare-better"),
        " where more images are right (on the diagonal) or fewer mixed up (beside it), ",
        html.Span("worse", className="compare-worse"),
        " where it is the other way round. The numbers are images gained and lost.",
    ]


def _size(classes: int) -> str:
    return "compare-grid-large" if classes > 10 else ""


def _small(position: int, compared: Compared, figure: Any, text: str) -> html.Div:
    name = compared.names[position]
    head = [
        mark(position),
        html.Span(name, className="compare-small-name"),
        html.Span(text, className="muted"),
    ]
    label = f"Confusion matrix of {LETTERS[position]}, {name}, {text}"
    return html.Div([html.Div(head, className="compare-name"), picture(figure, label)])


def _prepared(store: Store, dataset: dict[str, Any]) -> Prepared | None:
    with suppress(TunescopeError):
        one = catalogue.find(store, "", str(dataset["fingerprint"]))
        return one if one.is_there else None
    return None


def _disputes(
    result: AnswerComparison, positions: Sequence[int], classes: Sequence[str], one: Prepared | None
) -> html.Section:
    title = "Images on which they disagree"
    if not result.disputed:
        return card(title, blank("They give the same answer to every image."))
    paths = {} if one is None else _paths(one, [dispute.row for dispute in result.disputes])
    items = [_dispute(dispute, positions, classes, one, paths) for dispute in result.disputes]
    gone = "The folder of the dataset is gone, so there are no pictures."
    return card(
        title,
        [blank(gone) if one is None else None, *_folded(items)],
        note=f"{_shown(result)} Most dissent first, then the widest gap in what they give the true class.",
    )


def _folded(items: Sequence[html.Li]) -> list[Any]:
    first, rest = (html.Ul(list(part), className="compare-images") for part in (items[:_OPEN], items[_OPEN:]))
    return [first, fold(f"{len(items) - _OPEN} more", rest)] if len(items) > _OPEN else [first]


def _shown(result: AnswerComparison) -> str:
    shown = len(result.disputes)
    if shown == result.disputed:
        return f"{count(shown, 'image')} with different answers."
    return f"The first {shown} of {count(result.disputed, 'image')} with different answers."


def _paths(one: Prepared, rows: Sequence[int]) -> dict[int, str]:
    """Names of packed images; none where the dataset's table of files cannot be read."""
    with suppress(TunescopeError):
        known = catalogue.files(one, PLACES)
        found = known[known["accepted"] & known["row"].isin(rows)]
        return {int(row): str(path) for row, path in zip(found["row"], found["path"], strict=True)}
    return {}


def _dispute(
    dispute: Dispute,
    positions: Sequence[int],
    classes: Sequence[str],
    one: Prepared | None,
    paths: dict[int, str],
) -> html.Li:
    truth = classes[dispute.label]
    answers = zip(positions, dispute.predicted, dispute.confidences, strict=True)
    lines = [
        _answer(position, classes[predicted], confidence, predicted == dispute.label)
        for position, predicted, confidence in answers
    ]
    head = html.Div(["truly ", html.Strong(truth, title=truth)], className="compare-truth")
    return html.Li([_thumb(dispute.row, truth, one, paths), html.Div([head, html.Ul(lines)])])


def _answer(position: int, name: str, confidence: float, is_right: bool) -> html.Li:
    symbol, word = ("finished", "right") if is_right else ("failed", "wrong")
    return html.Li(
        [
            mark(position),
            html.Span(name, className="cell-label", title=name),
            html.Span(percent(confidence, 0), className="compare-confidence"),
            icon(symbol),
            html.Span(word, className="visually-hidden"),
        ],
        className=f"compare-answer is-{word}",
    )


def _thumb(row: int, truth: str, one: Prepared | None, paths: dict[int, str]) -> Any:
    if one is None:
        return html.Span(icon("missing"), className="thumb thumb-none")
    source = links.thumbnail(one.fingerprint, row, size=2 * THUMB)
    image = html.Img(src=source, alt=paths.get(row, truth), width=THUMB, height=THUMB, className="thumb")
    if row not in paths:
        return image
    view = DatasetView(one.name, one.fingerprint, "images", image=paths[row])
    return dcc.Link(image, href=view.href(image=paths[row]), title=paths[row])


def not_compared(names: Sequence[str]) -> html.Section:
    """Why trials of several datasets have no images in common."""
    text = (
        f"These trials are of different datasets or versions of one ({listing(names)}), so their answers are "
        "to different images. Parameters and scores stand side by side all the same, without a best one."
    )
    return card(_TITLE, html.P(sentence(text), className="card-line"))


def plain_trials() -> html.Section:
    """Why some trials have no images at all."""
    text = "These trials belong to no run with images, so there are no answers to compare."
    return card(_TITLE, blank(text))
