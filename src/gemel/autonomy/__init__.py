"""What do we do about it: intents, loops, arbiter, guard, actuator, journal, cycle."""
