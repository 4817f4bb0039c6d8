"""What is done with the contract before anything runs; nothing of it is deployed."""
