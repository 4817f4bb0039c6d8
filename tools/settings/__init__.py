"""Writes docs/settings.md: tables of all settings, from the models that check them."""
