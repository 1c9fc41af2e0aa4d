"""What exists: buildings, sites, people and how they move."""
