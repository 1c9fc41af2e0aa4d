"""How do levels measured outdoors teach the twin what its inventory does not know?

`calibrate` learns from cells, points and terrain; what it returns predicts a level and
how sure that is, also for cells that nobody ever measured.
"""
