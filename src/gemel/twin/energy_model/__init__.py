"""What does a measured base station draw, and one that was never measured?"""
