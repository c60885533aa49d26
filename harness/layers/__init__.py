"""Layers a network may be made of, one file each, with the names and the arguments Keras gives them."""
