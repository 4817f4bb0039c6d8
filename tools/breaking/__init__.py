"""Tells whether a change of the contract can break a caller who was written for the contract before it.

What a caller sends may be taken more widely and never more narrowly; what a caller gets may become narrower and never
wider. `python -m tools.breaking --against main` compares with another revision, says a sentence for each change that
breaks, and then ends with 1. A higher major version in `info.version` says that they are meant, and it ends with 0.
"""
