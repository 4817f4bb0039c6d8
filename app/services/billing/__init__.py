"""The billing service: orders and their invoices."""
