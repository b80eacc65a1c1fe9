"""The picture of what studies cover says what the box is and who is not shown."""

from dataclasses import replace

from tunescope.analysis.hypervolume import Hypervolume, HypervolumeLine
from tunescope.figures.hypervolume import CHART, draw

LINE = HypervolumeLine("demo-tpe", "tpe", "tpe", (1, 4), (0.25, 0.5))
SHORT = HypervolumeLine("demo-grid", "<b>grid", "grid", (1, 2), (0.0, 0.125))
FOUND = Hypervolume(("accuracy", "macro_f1"), 6, (LINE, SHORT))


def test_a_study_is_a_staircase_that_goes_on_to_the_end() -> None:
    tpe, grid = draw(FOUND).data
    assert (tpe.x, tpe.y, tpe.line.shape) == ((1, 4, 4), (0.25, 0.5, 0.5), "hv")
    assert (grid.x, grid.y) == ((1, 2, 4), (0.0, 0.125, 0.125))
    assert draw(replace(FOUND, lines=(LINE,))).layout.showlegend is True
    assert [tpe.name, grid.name] == ["tpe 50.0%", "&lt;b&gt;grid 12.5%"]


def test_the_axis_names_the_objectives_and_whether_it_is_an_estimate() -> None:
    assert draw(FOUND).layout.yaxis.title.text == "Covered of accuracy, macro F1"
    assert draw(replace(FOUND, is_exact=False)).layout.yaxis.title.text.endswith("(estimated)")
    assert "among all trials shown" in CHART.line


def test_studies_that_are_not_shown_are_counted() -> None:
    assert draw(replace(FOUND, left_out=30)).data[-1].name == "30 studies that came less far: not shown"


def test_of_many_studies_those_that_came_furthest_are_named() -> None:
    lines = tuple(replace(LINE, study=f"s{place}", label=f"s{place}") for place in range(12))
    data = draw(replace(FOUND, lines=lines)).data
    names = [trace.name for trace in data if trace.showlegend is not False]
    assert names == [*(f"s{place} 50.0%" for place in range(5)), "7 other studies"]
    assert len(data) == 12
    assert data[11].hovertext == "s11"


def test_nothing_to_show_is_a_sentence() -> None:
    for trials, words in ((0, "No trial has finished yet"), (3, "No trial is better than another")):
        (annotation,) = draw(Hypervolume(("a", "b"), trials, ())).layout.annotations
        assert words in annotation.text
