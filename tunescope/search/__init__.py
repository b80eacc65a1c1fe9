"""Search: what is searched (Space), how (STRATEGIES), for how long (Budget), and the loop that does it."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tunescope.search.budget import Budget
from tunescope.search.checks import check_parameters
from tunescope.search.space import Space
from tunescope.search.strategies import STRATEGIES, make_sampler

if TYPE_CHECKING:
    from tunescope.search.listener import Listener
    from tunescope.search.loop import search_study
    from tunescope.search.study import StudyPlan
    from tunescope.search.summary import best_of, summarize

__all__ = [
    "STRATEGIES",
    "Budget",
    "Listener",
    "Space",
    "StudyPlan",
    "best_of",
    "check_parameters",
    "make_sampler",
    "search_study",
    "summarize",
]

# What only a running search needs brings Optuna and pandas along: imported when first asked for, so that
# pages and checks, which want the registry alone, open at once.
_WHEN_ASKED = {
    "Listener": "listener",
    "StudyPlan": "study",
    "search_study": "loop",
    "best_of": "summary",
    "summarize": "summary",
}


def __getattr__(name: str) -> Any:
    if name not in _WHEN_ASKED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WHEN_ASKED[name]}"), name)
