"""The curve of a range test is shown where it matters, with its bounds."""

import math

import pytest

from tunescope.analysis.range_test import RangeCurve, range_curves
from tunescope.figures.range_test import EMPTY, draw

CURVE = RangeCurve(
    model="cnn",
    optimizer="adamw",
    rates=(1e-4, 1e-3, 1e-2, 1e-1),
    losses=(2.2, 1.1, 1.3, 80.0),
    smoothed=(2.0, 1.0, 1.2, 60.0),
    k0=1e-4,
    k1=5e-3,
)


def test_curves_are_read_from_plain_data() -> None:
    plain = {"model": "cnn", "optimizer": "adamw", "k0": 1e-4, "k1": 5e-3, "note": None}
    lists = {name: list(getattr(CURVE, name)) for name in ("rates", "losses", "smoothed")}
    assert range_curves([{**plain, **lists}]) == (CURVE,)


def test_both_bounds_are_marked_and_an_explosion_leaves_the_plot() -> None:
    figure = draw(CURVE)
    raw, smoothed = figure.data
    assert (raw.x, raw.y, smoothed.y) == (CURVE.rates, CURVE.losses, CURVE.smoothed)
    assert smoothed.line.width > raw.line.width
    assert figure.layout.xaxis.type == "log"
    assert figure.layout.yaxis.range == pytest.approx((0, 2.5))  # 1.25 times the loss at the beginning
    assert [shape.x0 for shape in figure.layout.shapes] == [1e-4, 1e-4, 5e-3]  # the band, and its ends
    assert [one.text for one in figure.layout.annotations] == ["<b>k0</b> 0.0001", "<b>k1</b> 0.005"]
    assert [one.x for one in figure.layout.annotations] == pytest.approx([-4, math.log10(5e-3)])


def test_without_a_proposal_there_is_the_curve_alone() -> None:
    figure = draw(RangeCurve("cnn", "adamw", (1e-3,), (2.0,), (2.0,), None, None, "The loss did not fall."))
    assert len(figure.data) == 2
    assert figure.layout.shapes == ()


def test_a_test_that_ended_at_once_says_so() -> None:
    (text,) = draw(RangeCurve("cnn", "adamw", (), (), (), None, None, "no")).layout.annotations
    assert text.text == EMPTY
