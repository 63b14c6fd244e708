"""Pages below /mail/."""

from django.urls import path

from shop.notices.pages import unsubscribe_page

pages = [path("unsubscribe/<str:token>/", unsubscribe_page, name="unsubscribe")]
