"""The function `fulfilment`: from the queue of order events to invoices and statistics."""
