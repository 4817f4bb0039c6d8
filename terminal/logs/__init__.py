"""The log lines of every process of the stack: read, chosen, written for people, and followed."""
