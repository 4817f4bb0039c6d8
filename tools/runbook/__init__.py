"""docs/runbook.md: the tables of what to do about each alarm."""
