"""Birthright rules: what people have by what they are. A condition, and the roles, teams and groups that go with it."""
