"""What a delivery does beside `pulumi up`: asks the deployed API whether it works, moves calls over in steps."""
