"""Drift of a stack in the clouds: found by a refresh that changes nothing, told, and mended by whoever approves it."""
