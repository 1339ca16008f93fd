"""The pages patients open without a login."""

from django.urls import path

from portal import views

urlpatterns = [path("v/<str:token>/", views.page, name="portal")]
