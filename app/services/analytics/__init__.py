"""The analytics service: events, and what is counted and estimated from them."""
