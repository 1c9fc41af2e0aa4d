"""How is a lived day shown: pictures, a page, tables, and a summary?"""
