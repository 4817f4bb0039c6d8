"""The orchestrator, one Lambda function: authorises, checks, transforms and forwards every request of the API."""
