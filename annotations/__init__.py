"""The people: annotators, what they are asked, what they answered."""
