import sys

from choir.evenings import evenings

for day in evenings(int(sys.argv[1]), int(sys.argv[2])):
    print(day.isoformat())
