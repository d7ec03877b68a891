"""Peers, each in a process and, but for guardian, an environment of its own. Nothing here imports the console."""
