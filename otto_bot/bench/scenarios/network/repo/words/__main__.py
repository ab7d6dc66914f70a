from words.lists import EVERYDAY

print("\n".join(EVERYDAY))
