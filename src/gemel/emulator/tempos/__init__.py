"""At which tempo does the stand-in live: by flows, by ticks or slot by slot?"""
