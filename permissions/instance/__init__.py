"""The settings of this console that administrators change while it runs."""
