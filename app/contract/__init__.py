"""The agreement of callers, functions and services: the API's description, and the rules that all parts follow."""
