"""What a chart declares about itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from tunescope.analysis.measures import ACCURACY, Measure
from tunescope.analysis.selection import sampled

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

FrameName = Literal["trials", "studies", "epochs", "timings", "benchmarks"]


@dataclass(frozen=True)
class Chart:
    """A picture of a run: which frames it needs, what is computed from them, how that is drawn.

    Attributes:
        name: key in the registry.
        title: heading for people.
        line: one sentence that says what to see in it.
        frames: names of the frames that ``compute`` takes, in its order; their columns are those of
            ``tunescope.store.frames``.
        compute: frames in, frozen dataclass out.
        draw: ``draw(computed, dark=False)`` gives the figure; an empty one is drawn as a sentence.
        is_measured: whether ``compute`` takes a ``measure``; without it the chart shows what it always shows.
        needs_params: whether it looks at the parameters of trials; without them a frame is read much faster.
        most: so many trials suffice for it, when the best are among them.
    """

    name: str
    title: str
    line: str
    frames: tuple[FrameName, ...]
    compute: Callable[..., Any]
    draw: "Callable[..., Figure]"
    is_measured: bool = False
    needs_params: bool = False
    most: int = 4000

    def figure(
        self, frames: "Mapping[str, pd.DataFrame]", dark: bool = False, measure: Measure = ACCURACY
    ) -> "Figure":
        """Compute from those of ``frames`` (by name) that the chart needs, and draw."""
        return self.draw(self.computed(frames, measure), dark=dark)

    def computed(self, frames: "Mapping[str, pd.DataFrame]", measure: Measure = ACCURACY) -> Any:
        """What is drawn, from those of ``frames`` that it needs, and from no more trials than suffice."""
        options = {"measure": measure} if self.is_measured else {}
        given = dict(frames)
        if self.needs_params:
            given["trials"] = sampled(given["trials"], self.most, measure)
        return self.compute(*(given[name] for name in self.frames), **options)
