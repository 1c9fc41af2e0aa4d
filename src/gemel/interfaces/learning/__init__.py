"""Which libraries of machine learning teach the twin? Only their numbers stay."""
