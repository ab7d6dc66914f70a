set -e
python -m unittest -q
python ci/seals.py
