"""The demonstration: a small dataset that is made on the spot, and the people who label it."""
