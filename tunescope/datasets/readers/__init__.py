"""One file for each kind of source; ``READERS`` in the package above names them."""
