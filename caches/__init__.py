"""Files that may be lost, because they are made of others: used by the console and by the collector."""
