"""What callers, functions and services agree on: the API's description, and the rules that every part follows."""
