"""What is known of people, as conditions name it: the schema, where it stands in the tables, and one person's facts."""
