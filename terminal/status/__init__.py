"""The present state of the stack: its parts, whether it is well, and why it is not."""
