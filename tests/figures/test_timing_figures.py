"""Pictures of timings say what they show, and say so when there is nothing."""

import pytest

from tunescope.analysis.timing_roofline import Roof, Roofline, RooflinePoint
from tunescope.analysis.timing_speed import SpeedLine, Spread, Spreads, StepCost, StepCosts, Throughput
from tunescope.figures import TIMING, timing_roofline, timing_spreads, timing_step, timing_throughput

MARKUP = "<script>x</script>"


def _texts(figure) -> str:
    return figure.to_json().replace("\\u003c", "<").replace("\\u003e", ">")


def test_a_step_is_stacked_by_phase_and_names_no_machine_that_is_the_only_one() -> None:
    step = StepCost("cnn", "here", "float32", 32, 3, 40.0, (("load", 10.0), ("forward", 30.0)))
    figure = timing_step.draw(StepCosts((step,)))
    assert [trace.name for trace in figure.data] == ["load", "forward"]
    assert sum(trace.x[0] for trace in figure.data) == 40.0
    assert "on here" not in _texts(figure)
    other = StepCost("cnn", "there", "float32", 32, 3, 20.0, (("forward", 20.0),))
    both = timing_step.draw(StepCosts((step, other)))
    assert "on there" in _texts(both)
    # "cnn, 32 images, float32: 40 ms on there" is more than a phone is wide, and not to be cut.
    assert both.layout.meta["min_width"] > 39 * 6


def test_speed_has_whiskers_around_medians() -> None:
    line = SpeedLine("cnn", "here", "float32", ((8, 50.0, 40.0, 70.0, 5), (64, 90.0, 90.0, 90.0, 1)))
    (trace,) = timing_throughput.draw(Throughput((line,))).data
    assert (trace.x, trace.y) == ((8, 64), (50.0, 90.0))
    assert (trace.error_y.array, trace.error_y.arrayminus) == ((20.0, 0.0), (10.0, 0.0))


def test_labels_of_batch_sizes_do_not_run_into_one_another() -> None:
    points = tuple((size, 1.0, 1.0, 1.0, 1) for size in (16, 17, 18, 32, 33, 64))
    figure = timing_throughput.draw(Throughput((SpeedLine("cnn", "here", "float32", points),)))
    assert figure.layout.xaxis.tickvals == (16, 32, 64)


def test_a_spread_tells_median_half_and_range() -> None:
    spreads = Spreads((Spread("cnn", "here", 9, (1e6, 2e6, 3e6, 4e6, 5e6)),))
    text = _texts(timing_spreads.draw_memory(spreads))
    assert all(part in text for part in ("median 3 MB", "2 MB to 4 MB", "1 MB to 5 MB", "9 trials"))


@pytest.mark.parametrize(("most", "unit", "end"), [(5e8, "MB", 500), (3e10, "GB", 30)])
def test_memory_is_counted_in_the_unit_that_its_axis_names(most: float, unit: str, end: float) -> None:
    figure = timing_spreads.draw_memory(Spreads((Spread("cnn", "here", 9, (1e6, 2e6, 3e6, 4e6, most)),)))
    assert figure.layout.xaxis.title.text == f"Peak of memory ({unit})"
    assert figure.data[0].x[1] == end


def test_a_roof_bends_where_arithmetic_takes_over() -> None:
    point = RooflinePoint("s", 4, "cnn", "here", 5.0, 3e8, 0.6)
    roof, dots = timing_roofline.draw(Roofline((Roof("here", "float32", 1e9, 1e8),), (point,))).data
    assert roof.x[1] == 10.0
    assert roof.y[1] == roof.y[2] == 1e9
    assert roof.y[0] == pytest.approx(1e8 * roof.x[0])
    assert "60% of what the roof allows" in dots.text[0].replace("60.0%", "60%")


@pytest.mark.parametrize(("intensity", "step"), [(20.0, "D2"), (0.02, 1)])
def test_a_roofline_between_two_powers_of_ten_has_marks_too(intensity: float, step: object) -> None:
    point = RooflinePoint("s", 4, "cnn", "here", intensity, 3e8, 0.6)
    figure = timing_roofline.draw(Roofline((Roof("here", "float32", 4e9, 1e8),), (point,)))
    assert figure.layout.xaxis.dtick == step


def test_names_are_never_markup() -> None:
    step = StepCost(MARKUP, MARKUP, "float32", 1, 1, 1.0, (("load", 1.0),))
    spread = Spread(MARKUP, MARKUP, 1, (1.0,) * 5)
    line = SpeedLine(MARKUP, MARKUP, "float32", ((1, 1.0, 1.0, 1.0, 1),))
    point = RooflinePoint(MARKUP, 1, MARKUP, MARKUP, 1.0, 1.0, 0.5)
    other = Spread("other", "other", 1, (1.0,) * 5)
    drawn = (
        timing_step.draw(StepCosts((step,))),
        timing_spreads.draw_memory(Spreads((spread, other))),
        timing_throughput.draw(Throughput((line,))),
        timing_roofline.draw(Roofline((Roof(MARKUP, "float32", 1.0, 1.0),), (point,))),
    )
    assert all("<script" not in _texts(figure) for figure in drawn)


@pytest.mark.parametrize("name", TIMING)
def test_each_chart_has_a_sentence_that_ends(name: str) -> None:
    assert TIMING[name].line.endswith(".")
    assert TIMING[name].name == name
