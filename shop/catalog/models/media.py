"""What is shown of a product: images in several sizes, videos, the guide to its assembly."""

from typing import Any

from django.core.files.storage import default_storage
from django.core.validators import FileExtensionValidator, URLValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from shop.catalog.guides import check_guide
from shop.catalog.models.product import Product
from shop.catalog.models.texts import language_field, one_per_language
from shop.catalog.models.uploads import Upload
from shop.catalog.pictures import PictureField, check_picture
from shop.catalog.thumbnails import SIZES, derived_names, make_thumbnails

web_address = URLValidator(schemes=["http", "https"])


def file_url(path: str) -> str:
    """The address of a stored file, or nothing for none."""
    return default_storage.url(path) if path else ""


class Image(models.Model):
    """A picture of a product, with three smaller ones and one in WebP that are made from it."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="images")
    upload = models.ForeignKey(Upload, on_delete=models.PROTECT, null=True, blank=True, editable=False)
    file = PictureField(
        _("file"),
        upload_to="products/",
        validators=[FileExtensionValidator(["jpg", "jpeg", "png", "webp"]), check_picture],
    )
    small = models.CharField(max_length=255, blank=True, editable=False)
    medium = models.CharField(max_length=255, blank=True, editable=False)
    large = models.CharField(max_length=255, blank=True, editable=False)
    webp = models.CharField(max_length=255, blank=True, editable=False)
    role = models.CharField(_("role"), max_length=30, blank=True)
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("image")
        verbose_name_plural = _("images")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.file.name

    def save(self, *arguments: Any, **options: Any) -> None:
        """With its smaller pictures: here somebody changes one image and waits for it."""
        super().save(*arguments, **options)
        if self.webp != derived_names(self.file.name)["webp"]:
            vars(self).update(make_thumbnails(self.file.name))
            super().save(update_fields=[*SIZES, "webp"])


class ImageTranslation(models.Model):
    """What an image shows, for those who do not see it."""

    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="translations")
    language = language_field()
    alt = models.CharField(_("alternative text"), max_length=500)

    class Meta:
        verbose_name = _("translation")
        verbose_name_plural = _("translations")
        ordering = ["language"]
        constraints = one_per_language("image", "image_translation")

    def __str__(self) -> str:
        return self.alt


class Video(models.Model):
    """A film about a product, somewhere else."""

    product = models.ForeignKey(Product, on_delete=models.CASCADE, related_name="videos")
    url = models.CharField(_("address"), max_length=1000, validators=[web_address])
    position = models.PositiveIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("video")
        verbose_name_plural = _("videos")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.url


class VideoTranslation(models.Model):
    """A video's title in one language."""

    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="translations")
    language = language_field()
    title = models.CharField(_("title"), max_length=255)
    description = models.TextField(_("description"), blank=True, max_length=10_000)

    class Meta:
        verbose_name = _("translation")
        verbose_name_plural = _("translations")
        ordering = ["language"]
        constraints = one_per_language("video", "video_translation")

    def __str__(self) -> str:
        return self.title


class AssemblyGuide(models.Model):
    """How a product is put together, as a PDF."""

    product = models.OneToOneField(Product, on_delete=models.CASCADE, related_name="guide")
    upload = models.ForeignKey(Upload, on_delete=models.PROTECT, null=True, blank=True, editable=False)
    file = models.FileField(_("file"), upload_to="products/", validators=[FileExtensionValidator(["pdf"]), check_guide])

    class Meta:
        verbose_name = _("assembly guide")
        verbose_name_plural = _("assembly guides")

    def __str__(self) -> str:
        return self.file.name


class AssemblyGuideTranslation(models.Model):
    """A guide's title in one language."""

    guide = models.ForeignKey(AssemblyGuide, on_delete=models.CASCADE, related_name="translations")
    language = language_field()
    title = models.CharField(_("title"), max_length=255)

    class Meta:
        verbose_name = _("translation")
        verbose_name_plural = _("translations")
        ordering = ["language"]
        constraints = one_per_language("guide", "guide_translation")

    def __str__(self) -> str:
        return self.title
