"""Kestrel Home, a retailer of home appliances that does not exist: about 400 people to try the console with."""
