"""How does the stand-in look to a management system, over HTTP?"""
