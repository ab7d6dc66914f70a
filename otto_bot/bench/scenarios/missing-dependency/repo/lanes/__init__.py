"""Times of lanes, as the screen in the hall shows them."""
