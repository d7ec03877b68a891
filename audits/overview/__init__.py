"""The first page after signing in: what one holds, what ends, what changed; for who administers, where to look."""
