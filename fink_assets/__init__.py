"""An alert broker for the changing sky, as data assets.

The packages are the pipeline, in flow order: `stream2raw`, `raw2science`, `distribution`,
`archive`. What differs per survey is in `surveys`, what every table promises is in `lake`.
"""
