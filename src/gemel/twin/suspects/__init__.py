"""Which cells do not stand as their inventory says?"""
