"""The function `catalog`: products, and what is in stock of them."""
