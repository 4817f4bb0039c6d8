"""The events that are published, one JSON Schema per type and version, and their compiled validators.

Within a version only members are added that nobody needs; consumers ignore members that they do not know. Anything else
is a new version, published beside the old one until nobody reads that any more.
"""
