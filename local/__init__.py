"""The program applied to one machine: no cloud account, no container engine, no Pulumi CLI."""
