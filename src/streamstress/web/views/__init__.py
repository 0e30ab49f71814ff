"""What each page says, as plain values for its template.

``overview``  ``region``  ``event``  ``station``  ``alarm``
"""
