"""What is gemel? A live twin of a mobile network that tries every change first.

Importing does nothing; the nouns live in their own modules, for example
`from gemel.radio.link import Link`.
"""
