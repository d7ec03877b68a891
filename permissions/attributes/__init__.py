"""Custom attributes: what an instance knows of people and resources beyond the built-in columns."""
