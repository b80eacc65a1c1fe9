"""Models of scikit-learn, which classify feature matrices."""
