"""The parts of a delivery beside `pulumi up`: the check that the deployed API works, the move of calls in steps."""
