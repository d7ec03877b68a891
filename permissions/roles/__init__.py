"""Roles: named sets of permissions, in numbered versions that never change."""
