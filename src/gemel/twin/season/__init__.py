"""What do the hours and days before say of the hours and the day to come?"""
