"""django-guardian and Django's own permissions on the facts of an instance, laid out the way they want them."""
