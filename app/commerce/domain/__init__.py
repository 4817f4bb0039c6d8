"""What products, orders and events are and what may become of them: no AWS, no HTTP, no clock."""
