"""Where the tram stops."""

STOPS = ("Krankenhaus Nord", "Krankenhaus Süd", "Hauptbahnhof", "Technologiepark", "Zoo")
