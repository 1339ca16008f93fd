"""Which app answers which address."""

from django.urls import include, path

from frontdesk.views.joining import join

urlpatterns = [
    path("", include("portal.urls")),
    path("", include("frontdesk.urls")),
    path("", include("api.urls")),
    path("accounts/join/<str:ticket>/", join, name="join"),
    path("accounts/", include("allauth.account.urls")),
]

handler400 = "frontdesk.views.errors.bad_request"
handler404 = "frontdesk.views.errors.not_found"
handler500 = "frontdesk.views.errors.crashed"
