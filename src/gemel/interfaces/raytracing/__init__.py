"""What do rays, traced through a city scene, say arrives where?"""
