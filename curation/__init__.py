"""The dataset: sources, clips, splits, decided labels, releases."""
