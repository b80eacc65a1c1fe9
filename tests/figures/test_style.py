"""Colours mean something, and are kept apart."""

import itertools
import subprocess
import sys

import numpy as np
import pytest
from skimage.color import deltaE_ciede2000, rgb2lab

from tunescope.analysis.costs import PHASES
from tunescope.figures import confusion, style
from tunescope.search.strategies import STRATEGIES

# Shown together, so they must be told apart.
TOGETHER = [
    tuple(STRATEGIES),
    ("COMPLETE", "PRUNED", "FAIL", "RUNNING", "WAITING"),
    ("svm", "cnn", "decision_tree", "random_forest", "gaussian_nb", "rnn"),
    ("load", "augment", "forward", "backward", "optimizer", "fit", "evaluate", "other"),
    ("train", "validation", "test"),
]


# Machado, Oliveira and Fernandes (2009): what is left of a colour (linear RGB) without one kind of cone.
CONES = {
    "all": np.eye(3),
    "no red": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "no green": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.01182, 0.04294, 0.968881],
    ],
}


def _linear(colour: str) -> np.ndarray:
    channels = np.array([int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)])
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def _seen(colour: str, cones: str) -> np.ndarray:
    linear = np.clip(np.asarray(CONES[cones]) @ _linear(colour), 0, 1)
    gamma = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return rgb2lab(gamma)


def _contrast(one: str, other: str) -> float:
    light, dark = sorted(
        (_linear(colour) @ [0.2126, 0.7152, 0.0722] for colour in (one, other)), reverse=True
    )
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("cones", CONES)
@pytest.mark.parametrize("names", TOGETHER, ids=" ".join)
def test_what_stands_together_can_be_told_apart_by_all_eyes(names, cones: str, dark: bool) -> None:
    for one, other in itertools.combinations(names, 2):
        shades = (_seen(style.colour(name, dark), cones) for name in (one, other))
        # 2.3 is the least difference that can be seen at all.
        assert deltaE_ciede2000(*shades) > 7.5, (one, other)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("cones", CONES)
def test_studies_of_one_strategy_can_be_told_apart_by_all_eyes(cones: str, dark: bool) -> None:
    shades = [_seen(shade, cones) for shade in style.colours(["tpe"] * 8, dark)]
    assert min(deltaE_ciede2000(*pair) for pair in itertools.combinations(shades, 2)) > 7.5


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("cones", CONES)
def test_phases_that_follow_each_other_in_a_bar_can_be_told_apart(cones: str, dark: bool) -> None:
    for one, other in itertools.pairwise(PHASES):
        shades = (_seen(style.colour(name, dark), cones) for name in (one, other))
        assert deltaE_ciede2000(*shades) > 8, (one, other)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", sorted(style._HUE_OF))
def test_every_colour_stands_out_from_its_page(name: str, dark: bool) -> None:
    # What fills the rest of a bar is meant to stand back.
    least = {"mist": 1.2, "silver": 1.8}.get(style._HUE_OF[name], 2.4)
    assert _contrast(style.colour(name, dark), style.theme(dark).paper) > least


@pytest.mark.parametrize("dark", [False, True])
def test_text_can_be_read(dark: bool) -> None:
    look = style.theme(dark)
    assert _contrast(look.ink, look.paper) > 7
    assert _contrast(look.quiet, look.paper) > 4.5


def test_an_unknown_name_has_the_same_colour_in_every_process() -> None:
    code = "from tunescope.figures.style import colour; print(colour('my-model'))"
    other = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": "1"}
    )
    assert other.stdout.strip() == style.colour("my-model")


def test_studies_of_one_strategy_still_differ() -> None:
    assert style.colours(["grid", "tpe"]) == [style.colour("grid"), style.colour("tpe")]
    assert len(set(style.colours(["tpe", "tpe", None]))) == 3


def test_a_colour_can_fade() -> None:
    assert style.faded("#0072b2", 0.5) == "rgba(0,114,178,0.5)"


@pytest.mark.parametrize(
    ("longest", "expected"), [(0, (1, "seconds")), (400, (60, "minutes")), (90_000, (3600, "hours"))]
)
def test_times_have_the_unit_that_suits_them(longest: float, expected: tuple[float, str]) -> None:
    assert style.time_unit(longest) == expected


@pytest.mark.parametrize("dark", [False, True])
def test_a_count_can_be_read_on_every_shade(dark: bool) -> None:
    for share in np.linspace(0, 1, 201):
        rgb = [round(part) for part in style.blend(*confusion._SHADES[dark], share)]
        cell = "#{:02x}{:02x}{:02x}".format(*rgb)
        assert _contrast(style.readable_on(rgb), cell) >= 4.5


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.3, 0.7], (0.276, 0.724)),
        ([0.0, 1.0], (-0.06, 1.06)),
        ([0.75], (0.722, 0.778)),
        ([1.0, 1.0], (0.947, 1.003)),
        ([0.0], (-0.003, 0.053)),
        ([0.5, float("nan")], (0.472, 0.528)),
        ([], (-0.06, 1.06)),
    ],
)
def test_an_accuracy_axis_zooms_to_its_values_between_0_and_100_percent(values, expected) -> None:
    assert style.accuracy_axis("Accuracy", values)["range"] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("last", "step"), [(0, 1), (1, 1), (8, 1), (9, 2), (30, 5), (70, 10), (81, 20), (12_000, 2_000)]
)
def test_an_axis_that_counts_has_whole_ticks_only(last: int, step: int) -> None:
    assert style.whole_axis("Epoch", last)["dtick"] == step
