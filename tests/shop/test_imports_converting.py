"""A product of another system becomes a document of ours; nothing is invented, and what is left out is counted."""

from pathlib import Path
from typing import Any

import pytest

from shop.imports.converting import Choices, convert
from shop.imports.converting.keys import keys_of
from shop.imports.errors import BadFile, BadPictures, BadRow
from shop.imports.notes import Note
from shop.imports.pictures import Pictures
from shop.imports.reading import read_json
from shop.imports.spreadsheet import read_csv
from shop.imports.texts import in_languages, plain_text
from tests.shop.catalogue_files import desk, document_of, entry, making_of, write_json, write_tar


def test_only_languages_that_the_shop_has_are_taken_and_the_others_are_counted() -> None:
    making = making_of(entry())
    texts = convert(entry(descriptions={"ar": "وصف", "de": "Becher"}), making)["translations"]
    assert {code: text["name"] for code, text in texts.items()} == {"en": "Blue mug", "ar": "كوب أزرق"}
    assert texts["ar"]["description"] == "وصف"
    assert making.skipped_languages == {"fr": 1, "de": 1}
    assert (making.notes[Note.LANGUAGE], texts["en"]["description"]) == (2, "")


def test_a_regional_language_counts_as_its_main_one_unless_that_is_given_too() -> None:
    given = {"pt_BR": "Mesa BR", "en_GB": "Desk", "ar": "مكتب", "sr@latin": "Sto"}
    assert in_languages(given, ["en", "ar", "pt-br"]) == {"en": "Desk", "ar": "مكتب", "pt-br": "Mesa BR"}
    assert in_languages({"en_US": "Color", "en": "Colour"}, ["en"]) == {"en": "Colour"}


def test_a_product_without_an_english_name_is_called_as_its_source_calls_it_first() -> None:
    product = entry(names={"fr": "Tasse", "de": "Becher"})
    making = making_of(product)
    assert convert(product, making)["translations"] == {"en": {"name": "Tasse", "description": ""}}
    assert (making.notes[Note.SUBSTITUTE], making.skipped_languages) == (1, {"de": 1})


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>One<br>two</p><p>three &amp; four</p>", "One\ntwo\n\nthree & four"),
        ("<ul><li>a</li><li>b</li></ul><script>alert(1)</script>", "• a\n\n• b"),
        ("2 < 3 and a>b", "2 < 3 and a>b"),
        ("bell\x07, tab\there\r\nnext  ", "bell , tab here\nnext"),
    ],
)
def test_html_becomes_text_that_people_can_read(html: str, text: str) -> None:
    assert plain_text(html) == text


def test_what_is_without_a_sku_gets_one_and_two_of_one_sku_are_told_apart() -> None:
    nameless = {"source_id": "off:301", "barcode": "301", "names": {"fr": "A"}}
    vacuum, pro = (entry(source_id=f"s:{key}", sku="VACUUM", url_key=key, names={"en": "V"}) for key in ("v", "v-pro"))
    keys = keys_of([nameless, {"source_id": "off:302", "names": {"fr": "B"}}, vacuum, pro])
    assert [key.sku for key in keys.values()] == ["301", "off-302", "VACUUM", "V-PRO"]
    assert [key.same_name for key in keys.values()] == [False, False, False, True]
    names = convert(pro, making_of(vacuum, pro))["translations"]
    assert names["en"]["name"] == "V (V-PRO)"


def test_prices_are_to_the_penny_in_the_currency_of_the_source_else_in_that_of_the_option() -> None:
    assert document_of(entry(price={"amount": 9.995, "currency": "USD"}))["price"] == {
        "amount": "10.00",
        "currency": "USD",
    }
    assert document_of(entry(price={"amount": 14}))["price"] == {"amount": "14.00", "currency": "GBP"}
    with pytest.raises(BadRow, match="--currency"):
        document_of(entry(price={"amount": 14}), choices=Choices(("en",)))


def test_without_a_price_a_product_costs_what_its_cheapest_variant_does_else_it_is_a_draft() -> None:
    variants = [{"sku": f"V{number}", "price": {"amount": number}} for number in (7, 5, 9)]
    priced = document_of(entry(price={}, variants=variants))
    assert (priced["price"]["amount"], priced["status"]) == ("5.00", "active")
    draft = document_of(entry(price={}))
    assert (draft["price"]["amount"], draft["status"]) == ("0.00", "draft")


def test_variants_that_the_source_does_not_list_follow_from_the_options_with_their_surcharges() -> None:
    document = document_of(desk())
    assert [(one["sku"], one["stock"], one.get("price", {}).get("amount")) for one in document["variants"]] == [
        ("DESK-SW", 7, None),
        ("DESK-steel-black", 0, None),
        ("DESK-oak-white", 0, "800.40"),
        ("DESK-oak-black", 0, "800.40"),
    ]
    assert document["variants"][2]["option_values"] == {"legs": "legs-oak", "color": "white"}
    assert [value["code"] for value in document["options"][0]["values"]] == ["legs-steel", "legs-oak"]


def test_options_that_make_no_variants_and_variants_that_fit_no_option() -> None:
    product = desk(variants=[{"sku": "ODD", "option_values": {"legs": "glass", "color": "white"}}, {"cost": 3}])
    for option in product["options"]:
        option["create_variant"] = "no_variant"
    making = making_of(product)
    assert convert(product, making)["variants"] == []
    assert making.notes[Note.UNFIT_VARIANT] == 2


def test_placeholder_weights_are_left_out_and_measures_without_a_unit_are_metric() -> None:
    assert "dimensions" not in document_of(entry(weight={"value": 0.01, "unit": "kg"}))
    measured = document_of(entry(dimensions={"width": 15.14, "depth": 3}, weight={"value": 4}))["dimensions"]
    assert measured == {"width": "15.14", "depth": "3", "unit": "cm", "weight": "4", "weight_unit": "kg"}
    inches = {"dimensions": {"width": 13.8, "unit": "in"}, "weight": {"value": 19.8, "unit": "lb"}}
    of_variant = document_of(entry(variants=[{"sku": "V", **inches}]))["dimensions"]
    assert of_variant == {"width": "13.8", "unit": "in", "weight": "19.8", "weight_unit": "lb"}


def test_related_products_are_found_by_sku_and_by_the_id_of_the_source() -> None:
    product = entry(related={"up_sell": ["DESK", "GONE"], "optional": ["test:2"]})
    making = making_of(product, desk())
    assert convert(product, making)["related"] == ["DESK"]
    assert making.notes[Note.UNKNOWN_RELATED] == 1


def test_pictures_that_are_there_are_taken_once_and_the_others_are_counted() -> None:
    paths = {"a.png", "steel.png"}
    product = entry(
        images=[{"path": "a.png", "alt": "A mug"}, {"url": "https://example.com/b.png"}],
        options=[{"code": "legs", "values": [{"code": "steel"}]}],
        variants=[
            {"sku": "S", "option_values": {"legs": "steel"}, "images": [{"path": "steel.png"}, {"path": "a.png"}]}
        ],
    )
    making = making_of(product, has_picture=paths.__contains__)
    document = convert(product, making)
    assert [(one["upload"], one.get("alt")) for one in document["images"]] == [
        ("a.png", {"en": "A mug"}),
        ("steel.png", None),
    ]
    assert document["options"][0]["values"][0]["image"]["upload"] == "steel.png"
    assert (making.notes[Note.NO_PICTURE], making.notes[Note.SAME_PICTURE]) == (1, 1)


@pytest.mark.parametrize("broken", [{"reviews": [{"rating": "five"}]}, {"categories": [7]}, {"options": [{}]}])
def test_what_is_not_shaped_like_a_product_is_refused_with_the_reason(broken: dict[str, Any]) -> None:
    with pytest.raises(BadRow, match="not shaped like a product"):
        document_of(entry(**broken))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("{", "not JSON"),
        ('{"products": []}', "no list"),
        ('{"products": [7]}', "product 1: not an object"),
        ('{"products": [{"names": []}]}', "product 1: names is not an object"),
        ('{"products": [{"price": {"amount": NaN}}]}', "NaN is not a number"),
    ],
)
def test_a_file_that_is_no_catalogue_is_refused_as_a_whole(tmp_path: Path, content: str, complaint: str) -> None:
    path = tmp_path / "bad.json"
    path.write_text(content)
    with pytest.raises(BadFile, match=complaint):
        read_json(path)


def test_json_and_csv_say_where_each_product_stands(tmp_path: Path) -> None:
    assert [one.place for one in read_json(write_json(tmp_path / "a.json", entry(), desk()))] == [
        "product 1 (MUG-1)", "product 2 (DESK)",
    ]  # fmt: skip
    path = tmp_path / "a.csv"
    path.write_text('sku,name:en\nMUG-1,"Blue\nmug"\n\nMUG-2,Red mug\n')
    assert [one.place for one in read_csv(path)] == ["line 3 (MUG-1)", "line 5 (MUG-2)"]


def test_a_row_of_csv_becomes_the_same_document_as_a_product_of_json(tmp_path: Path) -> None:
    columns = {
        "sku": "DESK", "name:en": "Desk", "name:ar": "مكتب", "price": "750.00", "currency": "EUR", "stock": "3",
        "category:1": "Furniture > Desks", "attribute:room": "Study; Office", "attribute:room:ar": "مكتب; غرفة",
        "variant:1": "DESK-S; legs=steel; stock=4", "variant:2": "DESK-O; legs=oak; price=800.40; stock=0",
        "tier:10": "700", "material:1": "Oak; 80", "material:1:ar": "بلوط", "detail:care:en": "Oil it.",
        "width": "120", "unit": "cm", "weight": "24", "weight_unit": "kg", "tags": "wood; work", "related": "",
    }  # fmt: skip
    path = tmp_path / "desk.csv"
    path.write_text(",".join(columns) + "\n" + ",".join(f'"{cell}"' for cell in columns.values()), encoding="utf-8")
    (row,) = read_csv(path)
    document = convert(row.data, making_of(row.data))
    assert document["translations"]["ar"]["name"] == "مكتب"
    assert document["categories"][0]["parent"] == "furniture"
    assert [one["sku"] for one in document["variants"]] == ["DESK-S", "DESK-O"]
    assert document["variants"][1]["price"] == {"amount": "800.40", "currency": "EUR"}
    assert document["tier_prices"] == [{"min_quantity": 10, "price": {"amount": "700.00", "currency": "EUR"}}]
    assert document["materials"][0]["share"] == "80"
    assert document["tags"] == ["wood", "work"]


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        (["sku,colour", "A,red"], "unknown column 'colour'"),
        (["sku,price,price", "A,1,2"], "'price' is there twice"),
        (["name:en", "A"], "the column 'sku' is missing"),
        (["sku,price"], "no row after it"),
    ],
)
def test_a_header_that_is_wrong_refuses_the_whole_file(tmp_path: Path, rows: list[str], complaint: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("\n".join(rows))
    with pytest.raises(BadFile, match=complaint):
        read_csv(path)


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("A,1,2,3", "4 fields, but the header has 3"),
        (",1,", "sku: it is empty"),
        ("A,cheap,", "price: 'cheap' is not a number"),
        ("A,1,X; red", "variant:1: should be SKU; option=value"),
    ],
)
def test_a_row_that_is_wrong_is_known_by_its_problem(tmp_path: Path, row: str, complaint: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(f"sku,price,variant:1\n{row}\nB,2,\n")
    bad, good = read_csv(path)
    assert complaint in bad.problem
    assert not good.problem


def test_pictures_come_from_archives_and_directories_and_from_nowhere_else(tmp_path: Path) -> None:
    archive = write_tar(tmp_path / "a.tar", docs__a_png=b"one")
    (tmp_path / "folder" / "deep").mkdir(parents=True)
    (tmp_path / "folder" / "deep" / "b.png").write_bytes(b"two")
    (tmp_path / "folder" / "out.png").symlink_to("/etc/hostname")
    pictures = Pictures([archive, tmp_path / "folder"])
    assert (pictures.read("docs/a.png"), pictures.read("./deep/b.png")) == (b"one", b"two")
    assert "out.png" not in pictures
    assert "../a.tar" not in pictures
    pictures.close()
    with pytest.raises(BadPictures):
        Pictures([tmp_path / "nothing.tar"])
