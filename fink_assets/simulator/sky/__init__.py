"""What is in the sky: sources of light with known parameters, as models draw them.

What an observatory sees of them belongs to `night`, packets to the surveys.
"""
