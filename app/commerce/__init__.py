"""Products, stock and orders: Lambda functions of single purpose around three tables and one stream of events."""
