"""Which app answers which address."""

from django.urls import include, path

urlpatterns = [
    path("", include("frontdesk.urls")),
    path("", include("api.urls")),
    path("accounts/", include("allauth.account.urls")),
]
