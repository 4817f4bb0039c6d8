"""Drift: what of a stack is other than its state says, whoever has found that out, and how it is told."""
