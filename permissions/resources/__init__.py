"""Resources: what is protected on the platform, where it belongs, whose it is, and what it holds."""
