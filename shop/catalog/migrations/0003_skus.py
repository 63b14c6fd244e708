"""One SKU, one thing: products and variants share the register of SKUs."""

from django.db import migrations

REGISTER = """
INSERT INTO catalog_sku (sku) SELECT sku FROM catalog_product;

CREATE FUNCTION catalog_register_sku() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        DELETE FROM catalog_sku WHERE sku = OLD.sku;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO catalog_sku (sku) VALUES (NEW.sku);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER catalog_product_sku AFTER INSERT OR DELETE ON catalog_product
    FOR EACH ROW EXECUTE FUNCTION catalog_register_sku();
CREATE TRIGGER catalog_product_sku_changed AFTER UPDATE OF sku ON catalog_product
    FOR EACH ROW WHEN (OLD.sku IS DISTINCT FROM NEW.sku) EXECUTE FUNCTION catalog_register_sku();
CREATE TRIGGER catalog_variant_sku AFTER INSERT OR DELETE ON catalog_variant
    FOR EACH ROW EXECUTE FUNCTION catalog_register_sku();
CREATE TRIGGER catalog_variant_sku_changed AFTER UPDATE OF sku ON catalog_variant
    FOR EACH ROW WHEN (OLD.sku IS DISTINCT FROM NEW.sku) EXECUTE FUNCTION catalog_register_sku();
"""
FORGET = """
DROP TRIGGER catalog_product_sku ON catalog_product;
DROP TRIGGER catalog_product_sku_changed ON catalog_product;
DROP TRIGGER catalog_variant_sku ON catalog_variant;
DROP TRIGGER catalog_variant_sku_changed ON catalog_variant;
DROP FUNCTION catalog_register_sku();
DELETE FROM catalog_sku;
"""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0002_everything_a_product_has")]

    operations = [migrations.RunSQL(REGISTER, FORGET)]
