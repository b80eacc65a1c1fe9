"""Pictures of finished models, drawn once."""

from dataclasses import replace
from datetime import datetime

import pytest

from tunescope.analysis.benchmarking import COSTS, Measured
from tunescope.figures.benchmarking import NOT_MEASURED, NOTHING_TESTED, draw_costs, draw_intervals

ROW = Measured(
    "run", "run-tpe", 1, "<b>cnn%{x}", "signs", "f", "CPU", 0.9, 0.85, 0.94, 0.9, 2.0, 0.1, 1.5, 900.0, 4e8,
    datetime(2026, 1, 1),
)  # fmt: skip


def test_each_model_has_a_dot_with_its_interval() -> None:
    figure = draw_intervals([ROW, replace(ROW, test_accuracy=0.8, low=0.7, high=0.85)], dark=True)
    assert [trace.x[0] for trace in figure.data] == [0.9, 0.8]
    assert figure.data[0].error_x.array[0] == pytest.approx(0.04)
    assert figure.data[0].error_x.arrayminus[0] == pytest.approx(0.05)
    assert "<b>cnn" not in str(figure.layout.yaxis.ticktext)
    assert "cnn" not in figure.data[0].hovertemplate  # where plotly would read what stands in braces


@pytest.mark.parametrize("name", COSTS)
def test_each_cost_has_a_bar_a_model(name: str) -> None:
    figure = draw_costs([ROW, ROW], name)
    assert list(figure.data[0].x) == [ROW.cost(name)] * 2
    assert figure.layout.xaxis.title.text == COSTS[name].title


@pytest.mark.parametrize("models", [1, 2, 5])
def test_rows_fill_their_picture_however_few_they_are(models: int) -> None:
    assert list(draw_intervals([ROW] * models).layout.yaxis.range) == [models - 0.5, -0.5]


def test_nothing_to_draw_is_a_sentence() -> None:
    assert NOTHING_TESTED[:10] in draw_intervals([]).layout.annotations[0].text
    unknown = draw_costs([replace(ROW, train_seconds=None)], "train_seconds")
    assert NOT_MEASURED[:10] in unknown.layout.annotations[0].text
