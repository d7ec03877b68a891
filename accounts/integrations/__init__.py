"""Integrations: connected systems that ask this console what anybody may do."""
