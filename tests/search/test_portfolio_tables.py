"""The tables on which the portfolio is compared: what was seen at design, and what a query answers."""

import numpy as np
import pytest
from optuna.distributions import CategoricalDistribution, IntDistribution

from bench.hpo_tables import DESIGN, TABLES, UNSEEN, HpoTable, load_table
from bench.strategies import BUDGETS, OURS, Result, mean_ranks

ONES = np.array([0.5, 0.7])


@pytest.fixture
def table() -> HpoTable:
    """Two choices by three places; the best mean is 0.9, at the second choice and the last place."""
    scores = {"00": ONES, "01": ONES, "02": ONES, "10": ONES, "11": ONES, "12": np.array([0.8, 1.0])}
    return HpoTable("made", {"kind": ("a", "b"), "rate": (0.1, 0.2, 0.4)}, "maximize", scores)


def test_eight_tables_of_all_families_were_seen_at_design_and_seven_were_not() -> None:
    assert (len(DESIGN), len(UNSEEN), len(TABLES)) == (8, 7, 15)
    assert set(DESIGN) | set(UNSEEN) == set(TABLES)
    families = {"hpobench", "hpolib", "nasbench201"}
    assert {name.split("/")[0] for name in DESIGN} == {name.split("/")[0] for name in UNSEEN} == families


def test_names_are_choices_and_numbers_are_places(table: HpoTable) -> None:
    assert [one.distribution for one in table.space.hyperparameters] == [
        CategoricalDistribution(("a", "b")),
        IntDistribution(0, 2),
    ]


def test_a_query_answers_with_the_score_of_one_seed(table: HpoTable) -> None:
    rng = np.random.default_rng(0)
    answers = {table.query({"kind": "b", "rate": 2}, rng) for _ in range(50)}
    assert answers == {0.8, 1.0}


def test_regret_is_the_distance_of_means(table: HpoTable) -> None:
    assert table.best == pytest.approx(0.9)
    assert table.regret({"kind": "b", "rate": 2}) == pytest.approx(0)
    assert table.regret({"kind": "a", "rate": 0}) == pytest.approx(0.3)
    assert table.spread == pytest.approx(0.3)


def test_a_table_of_the_package_is_read_whole() -> None:
    table = load_table("nasbench201/cifar10")
    assert len(table.scores) == 15_625
    assert table.best == pytest.approx(91.607, abs=0.001)


def test_the_smallest_regret_on_each_table_has_the_first_rank() -> None:
    def result(strategy: str, table: str, regret: float) -> Result:
        return {"strategy": strategy, "table": table, "regret": {str(BUDGETS[0]): regret}}

    chosen = TABLES[-2:]
    results = [
        *(result(OURS, table, 0.1) for table in chosen),
        *(result("random", table, 0.3) for table in chosen),
        *(result("tpe", table, regret) for table, regret in zip(chosen, (0.05, 0.2), strict=True)),
    ]
    assert mean_ranks(results, BUDGETS[0], chosen) == {OURS: 1.5, "random": 3.0, "tpe": 1.5}
