"""What do maps know of the ground and what stands on it?"""
