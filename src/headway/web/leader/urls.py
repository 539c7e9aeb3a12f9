"""Contents page: the school, its classes, its people, its rules of mastery."""

from __future__ import annotations

from django.urls import path

from headway.web.leader import (
    class_new,
    class_page,
    fairness,
    home,
    mastery_rules,
    people,
    person,
    planning,
    proficiency,
    standards,
    week_fairness,
)
from headway.web.shared import converters  # noqa: F401  teaches Django the word "monday"

RULE = "rules/<int:school_id>/<slug:scope>/<int:thing>"
WEIGHTS = "planning/weights/<int:organisation_id>"

urlpatterns = [
    path("", home.home, name="leader-home"),
    path("classes/new/", class_new.class_new, name="leader-class-new"),
    path("classes/new/names/", class_new.read_names, name="leader-read-names"),
    path("classes/<int:class_id>/", class_page.class_page, name="leader-class"),
    path("classes/<int:class_id>/names/", class_page.class_paste, name="leader-class-paste"),
    path("classes/<int:class_id>/teachers/", class_page.class_teacher, name="leader-class-teacher"),
    path("classes/<int:class_id>/cards/", class_page.cards, name="leader-cards"),
    path("rules/", mastery_rules.mastery_rules, name="leader-rules"),
    path(f"{RULE}/", mastery_rules.mastery_rule, name="leader-rule"),
    path(f"{RULE}/set/", mastery_rules.set_rule, name="leader-rule-set"),
    path(f"{RULE}/end/", mastery_rules.end_rule, name="leader-rule-end"),
    path(f"{RULE}/again/<int:rule_id>/", mastery_rules.use_again, name="leader-rule-again"),
    path("words/", proficiency.words, name="leader-words"),
    path("words/<int:school_id>/<slug:language>/", proficiency.words_of, name="leader-words-of"),
    path("words/<int:school_id>/<slug:language>/set/", proficiency.set_words, name="leader-words-set"),
    path("words/<int:school_id>/<slug:language>/back/<str:was>/", proficiency.put_back, name="leader-words-back"),
    path("fairness/", fairness.fairness, name="leader-fairness"),
    path("fairness/<int:school_id>/make/", fairness.make, name="leader-fairness-make"),
    path("week-fairness/", week_fairness.week_now, name="leader-week-fairness-now"),
    path("week-fairness/<monday:monday>/", week_fairness.week, name="leader-week-fairness"),
    path(
        "week-fairness/<monday:monday>/<int:school_id>/<slug:measure>/",
        week_fairness.figures,
        name="leader-week-fairness-figures",
    ),
    path("planning/", planning.planning, name="leader-planning"),
    path("planning/run/", planning.start, name="leader-planning-run"),
    path("planning/runs/<int:run_id>/resume/", planning.resume, name="leader-planning-resume"),
    path(f"{WEIGHTS}/", planning.weights, name="leader-weights"),
    path(f"{WEIGHTS}/set/", planning.set_weights, name="leader-weights-set"),
    path(f"{WEIGHTS}/end/", planning.end_weights, name="leader-weights-end"),
    path(f"{WEIGHTS}/again/<int:row_id>/", planning.use_again, name="leader-weights-again"),
    path("standards/", standards.standards, name="leader-standards"),
    path("standards/bring/", standards.bring, name="leader-standards-bring"),
    path("standards/incoming/<uuid:incoming>/", standards.incoming, name="leader-standards-incoming"),
    path("standards/incoming/<uuid:incoming>/take/", standards.take, name="leader-standards-take"),
    path("standards/incoming/<uuid:incoming>/aside/", standards.put_aside, name="leader-standards-aside"),
    path("standards/<int:framework_id>/open/", standards.set_open, name="leader-standards-open"),
    path("people/", people.people, name="leader-people"),
    path("people/new/", people.person_new, name="leader-person-new"),
    path("people/<uuid:person>/", person.person, name="leader-person"),
    path("people/<uuid:person>/off/", person.switch_off, name="leader-switch-off"),
    path("people/<uuid:person>/on/", person.switch_on, name="leader-switch-on"),
    path("people/<uuid:person>/card/", person.new_card, name="leader-new-card"),
    path("people/<uuid:person>/password/", person.one_time_password, name="leader-password"),
    path("people/<uuid:person>/link/", person.family_link, name="leader-family-link"),
    path("people/<uuid:person>/link/stop/", person.family_link_stop, name="leader-family-link-stop"),
    path("people/<uuid:person>/adults/", person.add_guardian, name="leader-add-guardian"),
]
