"""How do tables that people keep become our types, and back?"""
