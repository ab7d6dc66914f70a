import sys

from knitting.stitches import cast_on

print(cast_on(float(sys.argv[1]), int(sys.argv[2])))
