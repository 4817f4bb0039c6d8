"""The commands of deliveries and of the pages, run on a real Pulumi engine whose providers are played."""
