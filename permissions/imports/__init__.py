"""Imports: one frame for files that bring people, teams, resources, grants and the rights of older systems in."""
