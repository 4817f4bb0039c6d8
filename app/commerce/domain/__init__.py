"""Products, orders and their events: what they are and what may happen to them. No AWS, no HTTP, no clock."""
