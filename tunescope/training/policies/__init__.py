"""Learning-rate policies: pure functions of the step.

Names and formulas are those of LRBench (Wu and others, "Demystifying Learning Rate Policies for High Accuracy
Training of Deep Neural Networks", IEEE BigData 2019): ``k0`` and ``k1`` bound the rate, ``l`` is a length in
steps, ``gamma`` and ``p`` shape it. A decaying policy is ``k0 * g(t)``, a cyclic one
``|k1 - k0| * g(t) + min(k0, k1)``. With ``k0`` alone, every policy serves a whole training and never goes
above it: lengths and decays that are not given follow from the number of steps.

To add a policy, write its class in one of these files and name it in ``tunescope.training.POLICIES``.
"""

from tunescope.training.policies.annealing import OneCycle, Restarts, WarmupCos
from tunescope.training.policies.composite import Composite
from tunescope.training.policies.cyclic import Cos, Sin, Sin2, SinExp, Tri, Tri2, TriExp
from tunescope.training.policies.decaying import Exp, Fix, Inv, NStep, Poly, Step
from tunescope.training.policies.making import make_policy
from tunescope.training.policies.plateau import Plateau
from tunescope.training.policies.policy import Policy

__all__ = [
    "Composite",
    "Cos",
    "Exp",
    "Fix",
    "Inv",
    "NStep",
    "OneCycle",
    "Plateau",
    "Policy",
    "Poly",
    "Restarts",
    "Sin",
    "Sin2",
    "SinExp",
    "Step",
    "Tri",
    "Tri2",
    "TriExp",
    "WarmupCos",
    "make_policy",
]
