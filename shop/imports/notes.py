"""What an import met that is odd, each with a name and a decision; all of them are counted."""

from enum import Enum


class Note(Enum):
    """What was met, and what was done about it."""

    LANGUAGE = "texts in languages that the shop does not have: left out"
    SUBSTITUTE = "names without English, texts in no language of the shop: the first of the source stands for it"
    CODE_AS_NAME = "names not given at all: made from the code"
    HTML = "texts in HTML: turned into plain text"
    NO_SKU = "products without a SKU: barcode or source id instead"
    SAME_SKU = "products whose SKU another one of the file has: made from their key"
    SAME_NAME = "products whose name another one of the file has: SKU added"
    NO_PRICE = "products without a price: imported as drafts at 0.00"
    LOWEST_PRICE = "products priced by their variants only: the lowest price counts"
    NO_CURRENCY = "prices without a currency: the one given counts"
    OTHER_PRICE = "prices in another currency, special and compared-at prices: left out"
    PLACEHOLDER = "placeholder weights of 0.01 kg: left out"
    UNITS = "measures without a unit: cm and kg are taken"
    FIRST_VARIANT = "products measured by their variants only: those of the first count"
    UNNAMED_VARIANT = "variants that the source does not list: made from the options"
    UNFIT_VARIANT = "variants whose options do not make variants, or without options: left out"
    VARIANT_MEASURE = "weights and dimensions of variants: left out, products have them"
    VARIANT_TEXT = "texts of variants: left out, the options tell them apart"
    NO_PICTURE = "pictures whose file is not there: left out"
    SAME_PICTURE = "pictures given twice: taken once"
    UNKNOWN_RELATED = "related products that are not in the file: left out"
    REVIEW_DATE = "dates of reviews: left out"
    BUNDLE = "bundle options and grouped items: left out"
    FIELD = "fields such as brand and barcode: kept as attributes"
    SEARCH_WORDS = "titles and keywords for search engines: left out"
    TRADE = "cost, order quantity, tax category, average rating and the like: left out"
