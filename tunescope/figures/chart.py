"""What a chart declares about itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import pandas as pd
    from plotly.graph_objects import Figure

FrameName = Literal["trials", "studies", "epochs", "timings"]


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
    """

    name: str
    title: str
    line: str
    frames: tuple[FrameName, ...]
    compute: Callable[..., Any]
    draw: "Callable[..., Figure]"

    def figure(self, frames: "Mapping[str, pd.DataFrame]", dark: bool = False) -> "Figure":
        """Compute from those of ``frames`` (by name) that the chart needs, and draw."""
        return self.draw(self.compute(*(frames[name] for name in self.frames)), dark=dark)
