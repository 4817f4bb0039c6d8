"""docs/settings.md: the table of every setting, made of the models that check them."""
