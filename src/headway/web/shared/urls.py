"""Contents page: the doors, and what every reader may set."""

from __future__ import annotations

from django.urls import path

from headway.web.shared import files, preferences, service_worker, signing_in
from headway.web.shared.frames import custom, h5p

urlpatterns = [
    path("", signing_in.home, name="home"),
    path("sign-in/", signing_in.sign_in, name="sign-in"),
    path("card/", signing_in.sign_in_card, name="sign-in-card"),
    path("c/<str:code>/", signing_in.card_code, name="card-code"),
    path("sign-out/", signing_in.sign_out, name="sign-out"),
    path("password/", signing_in.password, name="password"),
    path("language/", preferences.language, name="language"),
    path("looks/", preferences.looks, name="looks"),
    path("files/work/<uuid:uuid>/<str:name>", files.work_file, name="work-file"),
    path("sw.js", service_worker.service_worker, name="service-worker"),
    path("files/<uuid:uuid>/<str:name>", files.stored_file, name="stored-file"),
    path("frames/h5p/<str:token>/", h5p.player, name="frame-h5p"),
    path("frames/h5p/<str:token>/files/<path:name>", h5p.file, name="frame-h5p-file"),
    path("frames/items/<str:token>/<str:response>/", custom.interaction, name="frame-item"),
    path("frames/items/<str:token>/files/<path:name>", custom.file, name="frame-item-file"),
]
