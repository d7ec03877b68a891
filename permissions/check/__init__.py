"""Check access: may this person do this, to that, then; and why. And everybody's own access."""
