"""Use cases of imports: bringing a file in, checking it, applying it, cancelling it."""
