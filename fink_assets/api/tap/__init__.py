"""Table Access Protocol of the IVOA, version 1.1, over tables of the archive.

A query is parsed, checked and written anew for the engine (`adql`), in a process of its own that
ends with it (`worker`), so that nothing of a query is code, and none outlives its time or memory.
"""
