"""Every address, by audience."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("headway.web.shared.urls")),
    path("teach/", include("headway.web.teacher.urls")),
    path("my/", include("headway.web.student.urls")),
    path("home/", include("headway.web.family.urls")),
    path("lead/", include("headway.web.leader.urls")),
    path("ims/case/", include("headway.exchange.case.endpoints")),
]
handler404 = "headway.web.shared.problems.not_found"
handler400 = "headway.web.shared.problems.bad_request"
handler500 = "headway.web.shared.problems.broken"
