from terrain.heights import north

for row in north(120):
    print(" ".join(str(height) for height in row))
