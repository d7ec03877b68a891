"""Policies: allow when, block when, only when. What they may read, how they are compiled, and how they live."""
