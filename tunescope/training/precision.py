"""Which numbers to compute with."""

from collections.abc import Mapping
from functools import cache

import torch


def reduced_precision(device: str) -> torch.autocast:
    """A context in which bfloat16 does the heavy work, where the device is built for it.

    On a CPU without such instructions it would be slower than float32, and changes nothing.
    """
    kind = torch.device(device).type
    return torch.autocast(kind, torch.bfloat16, enabled=_pays(kind))


@cache
def _pays(kind: str) -> bool:
    if kind == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    # The oldest versions of PyTorch that we allow may not know it yet.
    capabilities: Mapping[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
