"""What do we believe of the network: source, belief, synchronise, forecast, what-if?"""
