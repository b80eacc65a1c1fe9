"""What a run used of its machine."""

from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from tunescope.analysis.usage import usage
from tunescope.figures.usage import draw

COLUMNS = ["at", "cpu_percent", "memory_bytes", "gpus"]


def samples(count: int, gpus: Any = None) -> pd.DataFrame:
    begin = datetime(2026, 11, 27, 12)
    rows = [(begin + timedelta(seconds=30 * n), 10.0 * n, 1000 + n, gpus) for n in range(count)]
    return pd.DataFrame(rows, columns=COLUMNS)


def test_each_measure_ends_at_the_newest_sample() -> None:
    cpu, memory = usage(samples(5), {"cores": 2, "memory_bytes": 8000})
    assert cpu.minutes == pytest.approx((-2.0, -1.5, -1.0, -0.5, 0.0))
    assert (cpu.last, cpu.most, memory.last, memory.most) == (40.0, 200.0, 1004.0, 8000)


def test_each_gpu_has_its_use_and_its_memory_and_gaps_where_it_was_not_asked() -> None:
    frame = samples(3, [{"name": "H100", "utilization": 80, "memory_bytes": 2e9}])
    frame.at[0, "gpus"] = None
    *_, use, memory = usage(frame, {"gpus": [{"memory_bytes": 8e10}]})
    assert (use.name, use.most) == ("H100", 100.0)
    assert (memory.name, memory.most) == ("Memory of H100", 8e10)
    assert use.values[0] != use.values[0]
    assert use.values[1:] == (80.0, 80.0)


def test_gpus_of_one_kind_are_told_apart() -> None:
    _, _, first, memory, second, _ = usage(samples(1, [{"name": "T4", "utilization": 1}, {"name": "T4"}]))
    assert (first.name, memory.name, second.name) == ("GPU 0, T4", "Memory of GPU 0, T4", "GPU 1, T4")
    assert first.last == 1
    assert second.last != second.last
    assert memory.most is None


def test_of_many_samples_an_even_selection_is_kept() -> None:
    (cpu, _) = usage(samples(1000), points=90)
    assert len(cpu.values) == 90
    assert (cpu.values[0], cpu.values[-1]) == (0.0, 9990.0)


def test_without_samples_there_is_nothing() -> None:
    assert usage(pd.DataFrame(columns=COLUMNS)) == ()


def test_a_small_chart_has_a_line_and_no_axes() -> None:
    figure = draw(usage(samples(4), {"cores": 2})[0])
    assert list(figure.data[0].y) == [0.0, 10.0, 20.0, 30.0]
    assert figure.layout.xaxis.visible is False
    assert figure.layout.yaxis.range[1] > 30
