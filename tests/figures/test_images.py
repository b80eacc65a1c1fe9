"""Pictures of a set of images show what was measured, and names as text."""

import json

import numpy as np

from tunescope.figures import images, style

MARKUP = "<script>alert(1)</script>"


def test_a_histogram_holds_the_shares_of_what_is_known() -> None:
    found = images.histogram("dark", [0.0, 0.0, 1.0, float("nan")], 0.0, 1.0)
    assert len(found.edges) == len(found.shares) + 1
    assert (found.shares[0], found.shares[-1]) == (2 / 3, 1 / 3)
    assert abs(sum(found.shares) - 1) < 1e-9


def test_a_histogram_of_one_value_or_none_is_drawn() -> None:
    for values in ([0.5, 0.5], [], [float("nan")]):
        figure = images.histograms([images.histogram("x", values)], "X")
        assert figure.data[0].y


def test_colours_of_an_image_take_their_own_hue() -> None:
    parts = [images.histogram(name, [0.1, 0.9], 0, 1) for name in ("red", "green", "blue")]
    figure = images.histograms(parts, "Mean")
    assert len({trace.line.color for trace in figure.data}) == 3
    assert figure.layout.showlegend


def test_a_size_that_many_images_have_is_a_larger_dot() -> None:
    figure = images.sizes([10, 20], [30, 40], [1, 100])
    small, large = figure.data[0].marker.size
    assert small < large
    assert figure.data[0].customdata == ("1 image", "100 images")
    assert images.sizes([], [], []).layout.annotations[0].text == "No image was measured"


def test_the_map_hands_back_the_rows_of_its_points() -> None:
    xy = np.array([[0, 0], [1, 1], [2, 2]], np.float32)
    figure = images.feature_map(xy, ["b", "a", "b"], [7, 8, 9])
    rows = {trace.name: trace.customdata for trace in figure.data}
    assert rows == {"a": (8,), "b": (7, 9)}
    assert {trace.type for trace in figure.data} == {"scattergl"}
    assert not images.feature_map(xy[:0], [], []).data


def test_of_many_classes_the_rarest_share_a_colour() -> None:
    names = [f"class {number:02}" for number in range(30) for _ in range(30 - number)]
    xy = np.zeros((len(names), 2), np.float32)
    figure = images.feature_map(xy, names, list(range(len(names))))
    assert [trace.name for trace in figure.data][:2] == [images.OTHERS, "class 00"]
    assert len(figure.data) == images.MOST_COLOURS + 1
    assert sum(len(trace.x) for trace in figure.data) == len(names)
    looks = {(trace.marker.color, trace.marker.symbol) for trace in figure.data}
    assert len(looks) == len(figure.data)


def test_names_on_the_map_are_text() -> None:
    figure = images.feature_map(np.zeros((1, 2), np.float32), [MARKUP], [0])
    assert "<script" not in json.dumps(json.loads(figure.to_json())["data"])


def test_the_map_stands_on_any_page() -> None:
    xy = np.zeros((2, 2), np.float32)
    light, dark = (images.feature_map(xy, ["a", "b"], [0, 1], dark) for dark in (False, True))
    assert light.layout.font.color == style.LIGHT.quiet
    assert dark.data[0].marker.color != light.data[0].marker.color
