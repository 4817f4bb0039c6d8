"""Rules that every plan of a stack has to keep, before anything is deployed."""
