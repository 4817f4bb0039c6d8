"""The tables: one module each, which alone knows its keys and DynamoDB's expressions."""
