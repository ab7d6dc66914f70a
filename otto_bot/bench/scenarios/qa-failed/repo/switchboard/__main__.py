from switchboard.book import EXTENSIONS

for extension, name in sorted(EXTENSIONS.items()):
    print(extension, name)
