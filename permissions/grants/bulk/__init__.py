"""Many grants at once: one role for many people, and the end of many grants. All or nothing, each with its event."""
