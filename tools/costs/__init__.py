"""docs/costs.md: what a month of each stack may cost, made of prices and of what the program declares."""
