"""The analytics service: what happened, counted."""
