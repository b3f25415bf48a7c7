"""The machine room's pages."""
