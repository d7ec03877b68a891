"""The database backend for PostgreSQL that the settings name: Django's own, but for one question less a request."""
