"""Bundles: a report with its pack and its environments in one file, checked offline, and measured anew by another lab."""
