"""GitHub behind domain verbs."""
