"""The parts that every service is made of: settings, HTTP, database, logs, metrics, health, and the server."""
