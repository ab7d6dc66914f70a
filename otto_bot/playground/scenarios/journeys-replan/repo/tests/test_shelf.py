from depot.shelf import Shelf


def test_a_parcel_is_found_where_it_was_put(tmp_path):
    path = str(tmp_path / "depot.json")
    Shelf(path).add("A17", "north")
    assert Shelf(path).find("A17") == "north"
    assert Shelf(path).find("B2") is None
