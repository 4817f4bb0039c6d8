"""The code that runs in the clouds: the contract, the Lambda code and the services. Nothing here knows Pulumi."""
