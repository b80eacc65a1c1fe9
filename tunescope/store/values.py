"""Values of Optuna's tables as people know them."""

import json
import math
from functools import lru_cache
from typing import Any

_NOT_FINITE = {"INF_POS": math.inf, "INF_NEG": -math.inf, "NAN": math.nan}


def number_of(value: float | None, kind: str) -> float:
    """A value of a trial: Optuna keeps one that is not finite as its kind beside a NULL."""
    return _NOT_FINITE.get(kind, math.nan if value is None else value)


def parameter_of(value: float, distribution: str) -> Any:
    """A parameter: Optuna keeps a choice as its index, and an integer as a float."""
    name, choices = _declared(distribution)
    if choices is not None:
        return choices[int(value)]
    return int(value) if name.startswith("Int") else value


@lru_cache(maxsize=4096)
def _declared(distribution: str) -> tuple[str, list[Any] | None]:
    """Name and choices of a distribution; trials share the text, and parsing it is dear."""
    declared = json.loads(distribution)
    return declared["name"], declared["attributes"].get("choices")
