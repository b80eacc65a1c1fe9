"""Policies of LRBench that fall and rise again: ``|k1 - k0| * g(t) + min(k0, k1)``."""

from abc import abstractmethod
from typing import ClassVar

import numpy as np

from tunescope.training.policies.policy import Floats, Policy


class Cos(Policy):
    """COS: ``g(t) = (1 + cos(2 pi t / l)) / 2``, from the higher bound; by default half a wave down to 0."""

    line = "Falls to 0 in half a cosine wave"
    uses = frozenset({"k1", "l"})

    def _rates(self, steps: Floats, total_steps: int) -> Floats:
        length = self.l or 2 * max(total_steps, 1)
        return np.asarray(self._between((1 + np.cos(2 * np.pi * steps / length)) / 2))


class _Cycles(Policy):
    """Cycles of ``2 l`` steps from the lower bound up and back; by default three, from a tenth of ``k0``."""

    uses = frozenset({"k1", "l"})
    shape: ClassVar[tuple[str, ...]] = ("k1", "parts")
    lower_share = 0.1  # a cycle begins there, and a step at a rate of 0 would be in vain

    def _rates(self, steps: Floats, total_steps: int) -> Floats:
        halves = steps / self._l(total_steps)
        return np.asarray(self._between(self._wave(halves) * self._height(steps, halves, total_steps)))

    @classmethod
    def _length(cls, parts: int, total_steps: int) -> int:
        return max(round(total_steps / (2 * parts)), 1)  # whole, so that a step reaches the peak

    @abstractmethod
    def _wave(self, halves: Floats) -> Floats:
        """From 0 to 1 and back, at a time in halves of a cycle."""

    def _height(self, steps: Floats, halves: Floats, total_steps: int) -> Floats:
        return np.ones_like(steps)


class Tri(_Cycles):
    """TRI: ``g(t) = (2 / pi) |asin(sin(pi t / 2l))|``, a triangle.

    Smith, "Cyclical learning rates for training neural networks", WACV 2017.
    """

    line = "Rises and falls in straight lines, three times"

    def _wave(self, halves: Floats) -> Floats:
        # The same triangle as the published formula, which loses digits near its peaks.
        return np.asarray(1 - np.abs(1 - halves % 2))


class Sin(_Cycles):
    """SIN: ``g(t) = |sin(pi t / 2l)|``."""

    line = "Rises and falls in half sine waves, three times"

    def _wave(self, halves: Floats) -> Floats:
        return np.abs(np.sin(np.pi / 2 * halves))


class _Halving(_Cycles):
    def _height(self, steps: Floats, halves: Floats, total_steps: int) -> Floats:
        return np.asarray(0.5 ** np.floor(halves / 2))


class _Damped(_Cycles):
    uses = frozenset({"k1", "l", "gamma"})
    shape = ("k1", "parts", "left")
    gamma_limit = 1.0

    def _height(self, steps: Floats, halves: Floats, total_steps: int) -> Floats:
        return np.asarray(self._gamma(total_steps) ** steps)


class Tri2(_Halving, Tri):
    """TRI2: ``g(t) = TRI / 2^floor(t / 2l)``, each cycle half as high as the one before."""

    line = "Triangles, each half as high as the one before"


class TriExp(_Damped, Tri):
    """TRIEXP: ``g(t) = gamma^t TRI``; by default a hundredth is left at the end."""

    line = "Triangles whose height decays step by step"


class Sin2(_Halving, Sin):
    """SIN2: ``g(t) = SIN / 2^floor(t / 2l)``, each cycle half as high as the one before."""

    line = "Sine waves, each half as high as the one before"


class SinExp(_Damped, Sin):
    """SINEXP: ``g(t) = gamma^t SIN``; by default a hundredth is left at the end."""

    line = "Sine waves whose height decays step by step"
