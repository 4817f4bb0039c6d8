"""The components that the picture in `__main__.py` names. Their building blocks are one floor per cloud below them."""
