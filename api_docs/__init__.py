"""The documentation of the API, which the local stack serves at its public endpoint."""
