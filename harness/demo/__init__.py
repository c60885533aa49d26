"""The demonstration: a claim that reproduces, and the same claim with a wrong printed number, caught, without a backend."""

from harness.demo.story import Demonstrated, demo

__all__ = ["Demonstrated", "demo"]
