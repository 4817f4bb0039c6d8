"""Reads what the program declares for a stack, without doing any of it: plans, their differences and their reports."""
