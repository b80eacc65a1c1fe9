"""Training of models: the loop, learning-rate policies, scores and saved predictors.

To add a learning-rate policy, write its class in ``policies`` and name it below.
"""

from tunescope.training.evaluation import scores
from tunescope.training.outcome import Epoch, Stopped, Trained, TrainingFault
from tunescope.training.policies import (
    Composite,
    Cos,
    Exp,
    Fix,
    Inv,
    NStep,
    OneCycle,
    Plateau,
    Policy,
    Poly,
    Restarts,
    Sin,
    Sin2,
    SinExp,
    Step,
    Tri,
    Tri2,
    TriExp,
    WarmupCos,
)
from tunescope.training.predictor import Predictor, load_predictor
from tunescope.training.resampling import train_in_folds, train_on_shares
from tunescope.training.start import train

POLICIES: dict[str, type[Policy]] = {
    "fix": Fix,
    "step": Step,
    "nstep": NStep,
    "exp": Exp,
    "inv": Inv,
    "poly": Poly,
    "cos": Cos,
    "tri": Tri,
    "tri2": Tri2,
    "triexp": TriExp,
    "sin": Sin,
    "sin2": Sin2,
    "sinexp": SinExp,
    "warmup_cos": WarmupCos,
    "onecycle": OneCycle,
    "restarts": Restarts,
    "composite": Composite,
    "plateau": Plateau,
}

__all__ = [
    "POLICIES",
    "Epoch",
    "Policy",
    "Predictor",
    "Stopped",
    "Trained",
    "TrainingFault",
    "load_predictor",
    "scores",
    "train",
    "train_in_folds",
    "train_on_shares",
]
