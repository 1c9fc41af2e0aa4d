"""How does the stand-in live slot by slot?"""
