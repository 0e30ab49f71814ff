"""Drawings of directions as SVG, coloured by the page's style sheet.

``svg``        elements with escaped text       ``net``      stereonet of axes with their cones
``rose``       rose of axial directions          ``sphere``   focal sphere with its readings
``compass``    SHmax before and after a change   ``onset``    trace around a pick
``residuals``  residuals of a station over time
"""
