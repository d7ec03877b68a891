"""Object grants: one permission on one resource, for a person or a team or a group, for a window."""
