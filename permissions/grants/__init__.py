"""Grants: a role given to a person or a team, within a scope, for a window."""
