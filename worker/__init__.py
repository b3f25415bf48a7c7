"""The machine room: background jobs, training runs, predictions, rounds of the loop."""
