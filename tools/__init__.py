"""The tools that people and CI run on the sources; nothing of them is deployed."""
