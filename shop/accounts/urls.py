"""Accounts: `api` below /api/accounts/, `pages` below /account/."""

from django.urls import path

from shop.accounts.api import (
    ConfirmView,
    ForgottenPasswordView,
    LogInView,
    LogOutView,
    PasswordView,
    ProfileView,
    RegisterView,
    ResetPasswordView,
)
from shop.accounts.pages import confirm_page, reset_page

api = [
    path("register/", RegisterView.as_view(), name="account-register"),
    path("confirm/", ConfirmView.as_view(), name="account-api-confirm"),
    path("log-in/", LogInView.as_view(), name="account-log-in"),
    path("log-out/", LogOutView.as_view(), name="account-log-out"),
    path("me/", ProfileView.as_view(), name="account-me"),
    path("password/", PasswordView.as_view(), name="account-password"),
    path("password/forgotten/", ForgottenPasswordView.as_view(), name="account-forgotten"),
    path("password/reset/", ResetPasswordView.as_view(), name="account-api-reset"),
]
pages = [
    path("confirm/<str:token>/", confirm_page, name="account-confirm"),
    path("password/<str:token>/", reset_page, name="account-reset"),
]
