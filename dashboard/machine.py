"""What this machine has to train on, told without PyTorch, whose import takes seconds."""

from functools import cache

from dashboard.wording import count, memory
from tunescope.timing import device_manifest


@cache
def machine() -> str:
    """Cores, memory and GPUs in a line; none of them changes while a server runs."""
    found = device_manifest()
    gpus = [
        f"{gpu['name']} ({memory(gpu['memory_bytes'])})" if gpu["memory_bytes"] else str(gpu["name"])
        for gpu in found["gpus"]
    ]
    cores, size = count(found["cores"], "core"), memory(found["memory_bytes"])
    return f"{cores}, {size} of memory, {', '.join(gpus) or 'no GPU'}"
