"""What a leaver held and owned: the steps of leaving that are about access."""
