"""One module a role: record in, arrays, library call, record out.

They never import one another: they meet at topics.
"""
