"""The made parts of the pages in docs/: what the code says, written between marks; the rest of a page is by hand."""
