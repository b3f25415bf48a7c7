"""The dataset's pages."""
