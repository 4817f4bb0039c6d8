"""The function `relay`: from the stream of the table of orders to the event bus."""
