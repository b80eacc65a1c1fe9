"""Search: what is searched (Space), how (STRATEGIES), for how long (Budget), and the loop that does it."""

from tunescope.search.budget import Budget
from tunescope.search.checks import check_parameters
from tunescope.search.loop import Listener, StudyPlan, search_study
from tunescope.search.space import Space
from tunescope.search.strategies import STRATEGIES, make_sampler
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
