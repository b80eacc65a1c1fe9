"""Training of models: the loop, learning-rate policies, scores and saved predictors.

To add a learning-rate policy, write its class in ``policies`` and name it below.
"""

from tunescope.training.evaluation import scores
from tunescope.training.outcome import Epoch, Stopped, Trained, TrainingFault
from tunescope.training.policies import Cos, Exp, Fix, OneCycle, Policy, Step
from tunescope.training.predictor import Predictor, load_predictor
from tunescope.training.start import train

POLICIES: dict[str, type[Policy]] = {
    "fix": Fix,
    "step": Step,
    "exp": Exp,
    "cos": Cos,
    "onecycle": OneCycle,
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
]
