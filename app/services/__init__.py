"""The services: each is a package of its own that stands on the kit and has its own database."""
