"""Leaving: at once or at a moment, what it ends and passes on, absence, and coming back."""
