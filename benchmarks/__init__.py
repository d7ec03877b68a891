"""Measurements that print ratios, both sides taken in the same run. Not part of the application."""
