from toys import pack, toys

__all__ = ["pack", "toys"]
