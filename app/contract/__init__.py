"""What callers, the edge and the services agree on: the API description and the rules that every part of it follows."""
