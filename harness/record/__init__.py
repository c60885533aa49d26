"""The record: its types and its file; gathers, merges and prunes measurements, and judges nothing."""
