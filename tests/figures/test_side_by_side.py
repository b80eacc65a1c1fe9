"""Pictures of a few trials beside each other."""

import math

import numpy as np
import pytest

from tunescope.analysis.side_by_side import Course, Courses
from tunescope.analysis.side_by_side_answers import ClassRecall, Matrices
from tunescope.figures import side_by_side, style

NAMES = ["#1", "<b>#2</b>", "#3"]
MATRICES = Matrices(
    classes=(0, 2),
    counts=(((2, 0), (1, 1)), ((1, 1), (0, 2))),
    changes=(((0, 0), (0, 0)), ((-1, 1), (-1, 1))),
    images=(2, 2),
    left_out=1,
)
CLASSES = ["rock", "paper", "<i>scissors</i>"]


def _cells(figure) -> np.ndarray:
    """What all heatmaps of a figure show together."""
    layers = np.array([trace.z for trace in figure.data], dtype=float)
    assert (np.isfinite(layers).sum(axis=0) == 1).all()
    return np.nansum(layers, axis=0)


def _texts(figure) -> set[str]:
    return {cell for trace in figure.data for row in trace.text for cell in row if cell}


def test_a_course_keeps_the_look_of_its_trial() -> None:
    found = Courses("Epoch", "Validation accuracy", True, (Course(2, (1, 2), (0.5, math.nan)),))
    (line,) = side_by_side.draw_courses(found, NAMES).data
    assert (line.name, line.x, line.y[0]) == ("C  #3", (1, 2), 0.5)
    assert line.line.color == side_by_side.trial_colours(3)[2]
    assert (line.line.dash, line.marker.symbol) == ("dot", "diamond")


def test_reported_values_need_no_percentages() -> None:
    found = Courses("Step", "Reported value", False, (Course(1, (0, 10), (-3.0, 500.0)),))
    figure = side_by_side.draw_courses(found, NAMES)
    assert figure.layout.yaxis.tickformat is None
    assert figure.data[0].name == "B  &lt;b&gt;#2&lt;/b&gt;"


def test_trials_without_a_course_get_a_sentence() -> None:
    figure = side_by_side.draw_courses(Courses("Epoch", "Validation accuracy", True, ()), NAMES)
    assert figure.layout.annotations[0].text.replace("<br>", " ") == side_by_side.EMPTY


def test_a_matrix_is_shaded_by_the_share_of_the_true_class() -> None:
    figure = side_by_side.draw_matrix(MATRICES, 0, CLASSES)
    assert _cells(figure).tolist() == [[1, 0], [0.5, 0.5]]
    assert _texts(figure) == {"2", "1"}
    assert figure.layout.xaxis.ticktext == ("rock", "&lt;i&gt;scissors…")


@pytest.mark.parametrize("dark", [False, True])
def test_better_is_more_on_the_diagonal_and_fewer_beside_it(dark: bool) -> None:
    figure = side_by_side.draw_change(MATRICES, 1, CLASSES, dark)
    assert _cells(figure).tolist() == [[-0.5, -0.5], [0.5, 0.5]]
    assert _texts(figure) == {"+1", "\N{MINUS SIGN}1"}
    assert {(trace.zmin, trace.zmax) for trace in figure.data} == {(-0.5, 0.5)}


def test_models_that_do_not_differ_still_have_a_scale() -> None:
    same = Matrices((0,), (((2,),), ((2,),)), (((0,),), ((0,),)), (2,), 0)
    assert side_by_side.draw_change(same, 1, CLASSES).data[0].zmax == 1


def test_the_cells_of_large_matrices_hold_no_numbers() -> None:
    size = 16
    cells = tuple(tuple(range(size)) for _ in range(size))
    large = Matrices(tuple(range(size)), (cells,), (cells,), (99,) * size, 0)
    figure = side_by_side.draw_matrix(large, 0, [f"class {number}" for number in range(size)])
    assert {trace.texttemplate for trace in figure.data} == {None}


def test_recalls_of_some_of_the_trials_keep_their_letters() -> None:
    recalls = (ClassRecall(0, 4, (1.0, 0.25)), ClassRecall(2, 2, (0.5, 0.5)))
    spread, *dots = side_by_side.draw_recalls(recalls, CLASSES, NAMES, [0, 2]).data
    assert spread.x == (0.25, 1.0, None, 0.5, 0.5, None)
    assert [(one.name, one.x) for one in dots] == [("A  #1", (1.0, 0.5)), ("C  #3", (0.25, 0.5))]
    assert dots[1].text[0] == "rock: 25.0%, 1 of 4 images"
    # Equal ones stand apart, and still in their row.
    assert 0 < dots[1].y[1] - dots[0].y[1] < 0.5


@pytest.mark.parametrize("dark", [False, True])
def test_six_trials_have_six_colours(dark: bool) -> None:
    colours = side_by_side.trial_colours(6, dark)
    assert len(set(colours)) == len(side_by_side.LETTERS) == 6
    assert colours[0] == style.colour("validation", dark)
