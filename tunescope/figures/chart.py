"""What a chart declares about itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from tunescope.analysis.measures import ACCURACY, Measure

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
        options = {"measure": measure} if self.is_measured else {}
        return self.draw(self.compute(*(frames[name] for name in self.frames), **options), dark=dark)
