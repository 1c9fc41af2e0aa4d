"""What would changes do, and how sure is that?"""
