"""The trail: `record(tag, ...)` writes it, `Tag` names what there is."""
