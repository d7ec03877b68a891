"""Groups: people across teams, by hand or by rule."""
