"""Says whether a change of the contract can break a caller who was written for the contract before the change.

Requests may be accepted more widely, never more narrowly; answers may become narrower, never wider.
`python -m tools.breaking --against main` compares with another revision, prints a sentence for each change that breaks,
and then exits with 1. A higher major version in `info.version` says that the changes are intended: it exits with 0.
"""
