"""The services: each a package of its own on the kit, with its own database."""
