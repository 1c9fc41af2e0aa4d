"""Do we get what the industry got, where it published its own numbers?"""
