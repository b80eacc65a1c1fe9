"""The figures of a model's page show what was computed, and stay small."""

import math

import numpy as np
import pandas as pd
import pytest

from tunescope.analysis.calibration import calibration
from tunescope.analysis.confusion import confusion
from tunescope.analysis.reported import reported
from tunescope.figures import calibration as calibration_figure
from tunescope.figures import confusion as confusion_figure
from tunescope.figures import reported as reported_figure


def test_a_reliability_diagram_has_a_dot_and_a_bar_for_each_bin() -> None:
    found = calibration([[0.6, 0.4], [0.3, 0.7], [0.9, 0.1]], [0, 0, 0], bins=4)
    _, dots, bars = calibration_figure.draw(found).data
    assert list(dots.x) == pytest.approx([0.65, 0.9])
    assert list(dots.y) == pytest.approx([0.5, 1.0])
    assert list(bars.x) == pytest.approx([0.625, 0.875])
    assert list(bars.y) == [2, 1]
    assert "50.0% right" in dots.text[0]


def test_axes_stand_for_classes_by_their_index_and_a_cell_can_be_framed() -> None:
    labels, predicted = np.arange(200).repeat(2), np.arange(200).repeat(2)
    predicted[[60, 61, 150]] = [5, 5, 90]  # 30 for 5 twice, 75 for 90 once
    found = confusion(labels, predicted, [f"class {index}" for index in range(200)], most=3)
    assert found.shown == (5, 30, 75)
    figure = confusion_figure.draw(found, marked=(30, 5))
    assert figure.data[0].x == ("5", "30", "75")
    assert figure.layout.xaxis.type == "category"
    # By name, for a number would be taken for a place: 5 is the first of these classes.
    assert figure.layout.xaxis.tickvals == ("5", "30", "75")
    assert figure.layout.xaxis.ticktext == ("class 5", "class 30", "class 75")
    assert figure.layout.xaxis.title.text == "Predicted class<br>(the 3 most mixed up of 200)"
    (frame,) = figure.layout.shapes
    assert (frame.x0, frame.x1, frame.y0, frame.y1) == (-0.5, 0.5, 0.5, 1.5)


def test_a_cell_that_is_not_shown_is_not_framed() -> None:
    assert confusion_figure.draw(confusion([0, 1], [0, 1], ["a", "b"]), marked=(0, 7)).layout.shapes == ()


@pytest.mark.parametrize(("classes", "is_named"), [(30, True), (60, False)])
def test_names_of_columns_have_room_on_a_phone(classes: int, is_named: bool) -> None:
    names = [f"class {index}" for index in range(classes)]
    layout = confusion_figure.draw(confusion(range(classes), range(classes), names)).layout
    assert bool(layout.xaxis.ticktext) == is_named
    # Twelve pixels high, and turned where they are long.
    assert ((layout.meta or {}).get("min_width", 0) >= 12 * classes) == is_named


def test_a_thousand_classes_with_long_names_stay_below_a_megabyte() -> None:
    random = np.random.default_rng(0)
    labels = random.integers(0, 1000, 20_000)
    predicted = np.where(random.random(20_000) < 0.5, labels, random.integers(0, 1000, 20_000))
    names = [f"<b>{index}</b> {'x' * 490}" for index in range(1000)]
    text = confusion_figure.draw(confusion(labels, predicted, names)).to_json()
    assert len(text) < 1_000_000
    assert "<b>0</b> x" not in text


def test_reported_values_are_drawn_with_gaps_where_they_are_not_finite() -> None:
    frame = pd.DataFrame({"step": [2, 0, 1, 3], "value": [0.2, 0.1, math.nan, math.inf]})
    (line,) = reported_figure.draw(reported(frame)).data
    assert list(line.x) == [0, 1, 2, 3]
    assert list(line.y) == [0.1, None, 0.2, None]


def test_very_many_reports_are_thinned_with_both_ends() -> None:
    frame = pd.DataFrame({"step": range(50_000), "value": np.linspace(0, 1, 50_000)})
    found = reported(frame)
    assert len(found.steps) == 1_000
    assert (found.steps[0], found.steps[-1]) == (0, 49_999)


@pytest.mark.parametrize("values", [[], [math.nan, math.inf]])
def test_without_a_finite_value_there_is_a_sentence(values: list[float]) -> None:
    frame = pd.DataFrame({"step": range(len(values)), "value": values})
    figure = reported_figure.draw(reported(frame))
    assert [one.text.replace("<br>", " ") for one in figure.layout.annotations] == [reported_figure.EMPTY]
