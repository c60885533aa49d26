"""Where Keras and its backend live; nothing else in harness imports them."""
