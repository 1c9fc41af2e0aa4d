"""What does physics do to a signal between one antenna and one user?

Everything here is written for one link; whoever has many links maps over it.
"""
