"""Which numbers to compute with: float32, or bfloat16 where it has been seen to pay."""

import time
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Literal

import torch
from torch.nn import functional

Precision = Literal["float32", "bfloat16"]

# On a CPU, bfloat16 has to save at least this share of the time: where it is a toss-up, float32 is the better
# number, and the choice must not change from one training to the next.
LEAST_GAIN = 0.1
PROBES = 10


def chosen_precision(wanted: str, device: str) -> Precision:
    """Resolve `auto`: bfloat16 on GPUs that compute with it, and on CPUs where a probe is faster with it.

    The probe is a convolution there and back; it is timed once in a process, and only on CPUs with
    instructions for bfloat16 (AVX-512 BF16 or AMX): elsewhere it is emulated and slower.
    """
    if wanted in ("float32", "bfloat16"):
        return "float32" if wanted == "float32" else "bfloat16"
    if torch.device(device).type == "cuda":
        return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float32"
    return "bfloat16" if _has_instructions() and _gain() >= LEAST_GAIN else "float32"


def computing_with(precision: Precision, device: str) -> torch.autocast:
    """A context in which the heavy work is done with these numbers; weights stay float32."""
    return torch.autocast(torch.device(device).type, torch.bfloat16, enabled=precision == "bfloat16")


def _has_instructions() -> bool:
    # The oldest versions of PyTorch that we allow may not know it yet.
    capabilities: Mapping[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


@cache
def _gain() -> float:
    """Share of the time that bfloat16 saves on this CPU, by the best of a few tries in turns.

    One thread's own processor time is what counts, so that other programs do not change the answer.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return _gain_of_one_thread()
    finally:
        torch.set_num_threads(threads)


def _gain_of_one_thread() -> float:
    with torch.random.fork_rng(devices=[]):
        images = torch.randn(32, 64, 16, 16).to(memory_format=torch.channels_last)
        kernels = torch.randn(64, 64, 3, 3).requires_grad_()
    probes = {one: partial(_probe, images, kernels, one) for one in ("float32", "bfloat16")}
    for probe in probes.values():
        probe()
    rounds = [{one: _seconds(probe) for one, probe in probes.items()} for _ in range(PROBES)]
    full, half = (min(each[one] for each in rounds) for one in probes)
    return 1 - half / full


def _probe(images: torch.Tensor, kernels: torch.Tensor, precision: Precision) -> None:
    with computing_with(precision, "cpu"):
        maps = functional.conv2d(images, kernels, padding=1)
    maps.float().sum().backward()  # type: ignore[no-untyped-call]


def _seconds(action: Callable[[], None]) -> float:
    begun = time.thread_time()
    action()
    return time.thread_time() - begun
