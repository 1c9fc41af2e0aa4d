"""What does a cell draw while it falls asleep, sleeps, wakes and works?"""
