"""What goes wrong on a device, told apart from what is wrong with the program."""

import torch

# PyTorch has an error of its own for a GPU's memory, but says on the CPU only in words that there is none;
# the last ones are oneDNN's, which has no others for it.
NO_HOST_MEMORY = (
    "not enough memory",
    "can't allocate memory",
    "Cannot allocate memory",
    "could not create a primitive",
)


def ran_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that the memory of the device, or of the machine, is used up."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in NO_HOST_MEMORY)


def free_cached_memory(device: str) -> None:
    """Give back what PyTorch keeps of a GPU's memory for later, so that it can be cut up anew."""
    if device.startswith("cuda"):
        torch.cuda.empty_cache()


class BrokenBackward:
    """Lets go of what a backward pass still held when it failed on the CPU.

    What was next in it, and with that all activations of the layers before, waits in a queue of the thread. A
    later pass drops what it finds there only as far as its own operations come after, and those that were
    recorded last come first. So one is kept here that was recorded before all others of a training. (The
    queue of a GPU has a thread of its own, which goes on taking from it.)
    """

    def __init__(self) -> None:
        self._recorded_first = torch.zeros((), requires_grad=True).clone()

    def let_go(self) -> None:
        """Drop what is left, if anything is; this asks for no memory to speak of."""
        self._recorded_first.backward(retain_graph=True)  # type: ignore[no-untyped-call]
