"""The pages: each module turns an address into a view, which is plain values and the names of templates."""
