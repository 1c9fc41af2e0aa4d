"""What does the equipment do: controls, association, load, energy, counters, step."""
