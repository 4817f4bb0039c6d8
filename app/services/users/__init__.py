"""The users service: the people who use the product."""
