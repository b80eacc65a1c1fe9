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
