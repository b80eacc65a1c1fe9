"""Networks by accuracy and cost, drawn once."""

from tunescope.analysis.costs import TradeOff, TradeOffPoint
from tunescope.analysis.networks import Networks
from tunescope.figures.networks import EMPTY, draw, said

POINT = TradeOffPoint("<b>s", "tpe", 1, "cnn", 184_522.0, 0.9)


def test_each_network_is_a_dot_by_its_cost() -> None:
    figure = draw(Networks("weights", 1, TradeOff((POINT,), (POINT,)), ()), dark=True)
    assert list(figure.data[-1].x) == [184_522.0]
    assert figure.layout.xaxis.title.text == "Weights"
    assert "185 k" in figure.data[-1].text[0]
    assert "<b>s" not in figure.data[-1].text[0].replace("<b>&lt;b&gt;s", "")


def test_networks_that_all_cost_the_same_stand_on_an_axis_from_zero() -> None:
    figure = draw(Networks("weights", 2, TradeOff((POINT, POINT), (POINT,)), ()))
    assert figure.layout.xaxis.rangemode == "tozero"  # else each tick reads 184.522k


def test_nothing_to_draw_is_a_sentence() -> None:
    figure = draw(Networks("seconds", 0, TradeOff((), ()), ()))
    assert figure.layout.annotations[0].text.replace("<br>", " ") == EMPTY


def test_costs_are_said_as_people_write_them() -> None:
    texts = [said("weights", 232.0), said("weights", 25_900.0), said("flops_per_image", 4.13e7)]
    assert [*texts, said("seconds", 3.21)] == ["232", "25.9 k", "41.3 MFLOP", "3.2 s"]
