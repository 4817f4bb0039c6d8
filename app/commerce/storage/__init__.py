"""The tables. Each has a module, which alone knows its keys and DynamoDB's expressions."""
