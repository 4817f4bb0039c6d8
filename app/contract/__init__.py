"""What callers, functions and services agree on: the API description, and the rules that every part of the system
follows."""
