"""Saved views: a list as somebody left it, under a name of their own."""
