from canteen.menu import MENU

for dish in MENU:
    print(f"{dish.cents / 100:5.2f}  {dish.name}")
