"""Use: what people really did, taken in from connected systems and counted from this console's own pages.

It is shown wherever access shows, and never decides anything.
"""
