"""Writes a new FastAPI service: its folder, its tests, its part of the contract and its settings for every stack.

`make service NAME=inventory` is `python -m tools.service inventory`. The service that comes out answers one route,
`GET /inventory/{sku}`, from a table of its own; whoever asked for it goes on from there (docs/contributing.md).
"""
