"""What there is."""

from canteen.dish import Dish

MENU = (
    Dish("Potato soup", 350),
    Dish("Cheese dumplings", 480),
)
