"""The function `orders`: customers place, read and cancel their orders."""
