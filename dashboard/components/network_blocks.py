"""A network as a row of boxes: what each block makes of the image, its weights and its share of the work."""

import math
from collections.abc import Sequence

from dash import html

from dashboard.components.basics import attributes, icon
from dashboard.components.notices import blank
from dashboard.wording import count
from tunescope.figures.networks import said
from tunescope.figures.wording import percent, quantity
from tunescope.models.deep.outline import Block

# Pixels of a box for the largest and the smallest map, and for the most and the fewest channels.
_TALLEST, _LOWEST = 120.0, 18.0
_WIDEST, _NARROWEST = 64.0, 12.0
# A smaller share of the work is not worth a line.
_NOTICEABLE = 0.0005
_TIMES = "\N{MULTIPLICATION SIGN}"


def network_blocks(blocks: Sequence[Block]) -> html.Div:
    """The blocks from left to right; a box is as tall as its map and as wide as its channels are many."""
    if not blocks:
        return html.Div(blank("This network has no blocks to tell apart."))
    sides = [_side(one.shape) for one in blocks]
    depths = [_depth(one.shape) for one in blocks]
    work = sum(one.flops for one in blocks) or 1
    items = [
        _item(one, _height(side, max(sides)), _width(depth, max(depths)), one.flops / work)
        for one, side, depth in zip(blocks, sides, depths, strict=True)
    ]
    weights = _weights(sum(one.weights for one in blocks))
    amount = count(sum(one.times for one in blocks), "block")
    whole = f"{weights}, {quantity(float(work), 'FLOP')} for one image, in {amount}."
    return html.Div(
        [
            html.P(whole, className="card-note"),
            html.Div(
                html.Ol(items, className="network"),
                className="network-scroll",
                tabIndex="0",
                role="region",
                **attributes(aria_label="Blocks of the network"),
            ),
        ]
    )


def _item(block: Block, height: float, width: float, share: float) -> html.Li:
    box = html.Div(className="network-box", style={"height": f"{height:.0f}px", "width": f"{width:.0f}px"})
    name = f"{block.times} {_TIMES} {block.kind}" if block.times > 1 else block.kind
    return html.Li(
        [
            html.Div([box, icon("next")], className="network-drawn"),
            html.Div(name, className="network-name"),
            html.Div(_shape(block.shape), className="network-line"),
            html.Div(_weights(block.weights), className="network-line"),
            html.Div(f"{percent(share)} of the work", className="network-line")
            if share >= _NOTICEABLE
            else None,
        ],
        className="network-block",
    )


def _weights(amount: int) -> str:
    return f"{said('weights', float(amount))} weights" if amount else "no weights"


def _shape(shape: Sequence[int]) -> str:
    return f" {_TIMES} ".join(map(str, shape))


def _side(shape: Sequence[int]) -> float:
    """How large its maps are: of steps their number, of values alone 1."""
    if len(shape) >= 3:
        return math.sqrt(shape[-1] * shape[-2])
    return math.sqrt(shape[0]) if len(shape) == 2 else 1.0


def _depth(shape: Sequence[int]) -> float:
    return float(shape[-1] if len(shape) == 2 else shape[0])


def _height(side: float, largest: float) -> float:
    return _LOWEST + (_TALLEST - _LOWEST) * (math.log2(side + 1) / math.log2(largest + 1))


def _width(depth: float, most: float) -> float:
    return _NARROWEST + (_WIDEST - _NARROWEST) * (math.log2(depth + 1) / math.log2(most + 1))
