"""The REST subset: one module a family of endpoints; `serve` puts them into a web application."""
