wanted="2026-10-30 06:00 1.12 m"
given=$(sh bin/levels data/weir.txt | head -n 1)
[ "$given" = "$wanted" ] || { echo "bin/levels: wanted '$wanted', got '$given'"; exit 1; }
