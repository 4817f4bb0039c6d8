"""Building blocks on Azure: databases, images, identities, roles, node pools."""
