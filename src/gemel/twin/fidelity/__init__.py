"""How good is the twin now, and may it be trusted with more?"""
