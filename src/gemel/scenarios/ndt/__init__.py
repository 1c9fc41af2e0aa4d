"""How is a twin asked and how does it answer, in the words of TS 28.561?"""
