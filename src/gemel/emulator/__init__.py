"""What plays the part of the real network, with secrets of its own?"""
