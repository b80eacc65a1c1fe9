"""One policy after the other."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tunescope.errors import ParameterError
from tunescope.training.policies.cyclic import Tri
from tunescope.training.policies.decaying import TENTH, Fix, halvings
from tunescope.training.policies.policy import PARTS, Floats, Policy


@dataclass(frozen=True)
class Composite(Policy):
    """Several policies, switched at given steps; each counts its own steps from 0.

    Wu and others, "Selecting and composing learning rate policies for deep neural networks", ACM TIST 2022.

    Attributes:
        parts: the policies. By default TRI between the bounds, then TRI between ``gamma`` times the bounds,
            then ``gamma^2`` times the higher bound; ``gamma`` is a tenth.
        l: the steps at which the next one begins, or one length of all but the last; by default the first
            takes half of the training, and each next half of the rest.

    Raises:
        ParameterError: also when a part needs losses, or ``l`` holds another number of steps than switches.
    """

    parts: Sequence[Policy] = ()

    line = "Triangles at first, then a tenth as high, then a low rate"
    uses = frozenset({"k1", "l", "gamma"})
    shape = ("k1", "gamma")
    takes_steps = True
    gamma_limit = 1.0
    lower_share = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "parts", tuple(self.parts))
        if any(part.sees_losses for part in self.parts):
            raise ParameterError("`parts` holds a policy that needs losses: use it alone")
        switches = len(self._parts) - 1
        if isinstance(self.l, tuple) and len(self.l) != switches:
            raise ParameterError(
                f"`l` holds {len(self.l)} steps, but {switches + 1} parts are switched at {switches}"
            )

    def _rates(self, steps: Floats, total_steps: int) -> Floats:
        begins = (0.0, *self._switches(total_steps))
        ends = (*begins[1:], max(float(total_steps), begins[-1]))
        pieces = [
            part._rates(np.maximum(steps - begin, 0), max(round(end - begin), 1))
            for part, begin, end in zip(self._parts, begins, ends, strict=True)
        ]
        which = np.searchsorted(begins, steps, side="right") - 1
        return np.choose(which, pieces)

    def _switches(self, total_steps: int) -> tuple[float, ...]:
        if isinstance(self.l, tuple):
            return self.l
        count = len(self._parts)
        # Whole steps, so that every part begins at its own step 0.
        usual: Any = halvings(count, total_steps) if self.l is None else self.l * np.arange(1, count)
        return tuple(float(np.ceil(step)) for step in usual)

    @property
    def _parts(self) -> Sequence[Policy]:
        if self.parts:
            return self.parts
        low, high = self._bounds
        gamma = self.gamma or TENTH
        cycles = [Tri(k0=high * gamma**number, k1=low * gamma**number) for number in range(PARTS - 1)]
        return (*cycles, Fix(k0=high * gamma ** (PARTS - 1)))
