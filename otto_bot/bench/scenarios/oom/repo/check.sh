echo "unit tests"
python -m unittest -q
echo "render all of the north sheet"
python -m terrain > /dev/null
