"""Drift of the stack of this machine: what was changed or deleted behind its back is shown, and mended."""
