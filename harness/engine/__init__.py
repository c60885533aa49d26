"""Where Keras and its backend live; nothing else in harness imports them."""

# First of all: it chooses the backend and quiets it, which must happen before anything imports Keras.
from harness.engine import backend as backend
