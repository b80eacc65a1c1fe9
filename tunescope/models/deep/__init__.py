"""Models of PyTorch, which classify images."""
