from museum.rooms import DOORS

for room, doors in DOORS.items():
    print(f"{room}: {', '.join(doors)}")
