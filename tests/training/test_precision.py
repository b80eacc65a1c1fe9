"""Numbers are those that were asked for, or those that this machine is faster with."""

import pytest
import torch

from tunescope.training import precision
from tunescope.training.precision import chosen_precision, computing_with


@pytest.mark.parametrize("wanted", ["float32", "bfloat16"])
def test_what_is_asked_for_is_given(wanted: str) -> None:
    assert chosen_precision(wanted, "cpu") == wanted


def test_without_instructions_for_it_bfloat16_is_never_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": False, "amx_bf16": False})
    assert chosen_precision("auto", "cpu") == "float32"


@pytest.mark.parametrize(("gain", "expected"), [(0.4, "bfloat16"), (0.05, "float32"), (-3.0, "float32")])
def test_with_them_the_clock_decides(monkeypatch: pytest.MonkeyPatch, gain: float, expected: str) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"avx512_bf16": True})
    monkeypatch.setattr(precision, "_gain", lambda: gain)
    assert chosen_precision("auto", "cpu") == expected


def test_the_probe_times_both_and_changes_no_random_number() -> None:
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    precision._gain.cache_clear()
    assert precision._gain() < 1
    assert torch.equal(torch.rand(1), expected)


def test_products_are_computed_with_the_chosen_numbers() -> None:
    matrix = torch.ones(2, 2)
    for name, kind in (("float32", torch.float32), ("bfloat16", torch.bfloat16)):
        with computing_with(name, "cpu"):  # type: ignore[arg-type]
            assert (matrix @ matrix).dtype == kind
