"""The catalogue of types and permissions, with their why cards."""
