"""The demonstration: a claim that reproduces, and the same claim with a wrong number, without a backend."""

from harness.demo.story import Demonstrated, demo

__all__ = ["Demonstrated", "demo"]
