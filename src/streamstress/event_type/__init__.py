"""Earthquake, blast, tremor, teleseism or noise."""
