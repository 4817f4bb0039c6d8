"""The users service: who uses the product."""
