"""What a plugin is: recipes, the checks of what they hand back, the registry; the one room a plugin's author reads."""
