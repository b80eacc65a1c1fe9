"""The picture of several objectives shows what was computed, in units that people read."""

from dataclasses import replace

from tunescope.analysis.pareto import Pareto, ParetoPoint
from tunescope.figures.pareto import draw, objective_name, value_text

SMALL = ParetoPoint("demo-grid", "grid", 1, "svm", (0.8, 400_000.0))
LARGE = ParetoPoint("demo-grid", "grid", 2, "cnn", (0.9, 9_000_000.0))
POOR = ParetoPoint("demo-grid", "grid", 3, "cnn", (0.7, 9_500_000.0))
FOUND = Pareto(("accuracy", "size"), ("maximize", "minimize"), (SMALL, LARGE, POOR), (SMALL, LARGE), ())


def test_the_front_is_a_line_and_trials_are_dots_of_their_models() -> None:
    line, svm, cnn = draw(FOUND).data
    assert (line.x, line.y, line.line.shape) == ((0.4, 9.0), (0.8, 0.9), "hv")
    assert (svm.x, svm.y) == ((0.4,), (0.8,))
    assert cnn.marker.size == (11, 7)
    assert cnn.text[0] == "<b>demo-grid #2</b><br>cnn<br>accuracy 90.0%, size 9 MB"


def test_axes_have_units_and_a_wide_cost_is_logarithmic() -> None:
    layout = draw(FOUND).layout
    assert layout.xaxis.title.text == "Size on disk (MB)"
    assert layout.yaxis.title.text == "Accuracy on validation images"
    assert layout.xaxis.type == "log"
    assert draw(replace(FOUND, points=(LARGE, POOR), front=(LARGE,))).layout.xaxis.type is None


def test_a_front_of_three_objectives_has_no_line_and_names_the_one_that_is_not_drawn() -> None:
    points = tuple(replace(one, values=(*one.values, 1.0)) for one in (SMALL, LARGE))
    figure = draw(
        Pareto(("accuracy", "size", "latency"), ("maximize", "minimize", "minimize"), points, points, ())
    )
    assert [trace.mode for trace in figure.data] == ["markers", "markers"]
    assert figure.layout.xaxis.title.text == "Size on disk (MB)<br>(the front also weighs latency)"


def test_values_are_read_with_their_units() -> None:
    pairs = [("macro_f1", 0.5), ("latency", 1.84), ("size", 640_000.0), ("training_time", 72.0)]
    assert [value_text(*pair) for pair in pairs] == ["50.0%", "1.84 ms", "640 kB", "1 min 12 s"]
    assert value_text("log_loss", 0.4321) == "0.432"
    assert objective_name("macro_f1") == "macro F1"
