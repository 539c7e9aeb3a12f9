"""How far the week is in every class, runs of the planner, and what a good week is made of. Never a child's name."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from headway.core.access.roles import Permission
from headway.core.planning.dials import WEIGHTS, weights_from
from headway.core.shared.errors import NotFound, RuleBroken
from headway.core.shared.school_weeks import coming_monday, monday_of
from headway.records.planning import automation, coverage, limits, runs
from headway.records.roster import queries as roster
from headway.web.leader.page import leader_page
from headway.web.shared.access import Request, may
from headway.web.shared.dials import DialField, weight_lines
from headway.web.shared.going_back import show_again
from headway.web.shared.words import sentence

if TYPE_CHECKING:
    from headway.core.planning import Weights
    from headway.records.planning.coverage import ClassCover, RunState, SchoolCover
    from headway.records.planning.models import PlanWeights
    from headway.records.roster.models import Class, Organisation

CLASSES_ON_A_PAGE = 50
SMALLEST_GAP = 0.0005
STATE_WORDS = {
    "waiting": _("waiting"),
    "running": _("drafting"),
    "done": _("drafted"),
    "off": _("planned by hand"),
    "refused": _("not drafted"),
}


# --- how far it is ---------------------------------------------------------------------------------------------------


@require_safe
@may(Permission.SEE_SCHOOL)
def planning(request: Request) -> HttpResponse:
    """Show how far a week is in the leader's schools and classes."""
    monday = _monday(request.GET.get("week", ""))
    schools = coverage.school_covers(request.person, monday)
    asked = request.GET.get("school", "")
    school = next((each for each in schools if str(each.school.pk) == asked), None)
    if asked and school is None:
        raise NotFound
    facts = {**_runs_facts(request, monday), **_classes_facts(request, monday, schools, school)}
    if request.htmx and request.htmx.target == "runs":
        return render(request, "leader/planning.html#runs", facts)
    return leader_page(request, "leader/planning.html", facts, tab="planning")


def _monday(given: str) -> date:
    """Return the Monday of the week that an address names; else of the week that comes, on a weekday of this one."""
    try:
        return monday_of(date.fromisoformat(given))
    except ValueError:
        today = timezone.localdate()
        return coming_monday(today) if today.weekday() > 4 else monday_of(today)


def _is_over(monday: date) -> bool:
    return monday < monday_of(timezone.localdate())


def _classes_facts(
    request: Request, monday: date, schools: list[SchoolCover], school: SchoolCover | None
) -> dict[str, Any]:
    shown = [school] if school else schools
    classes = sum(each.classes for each in shown)
    pages = max(1, -(-classes // CLASSES_ON_A_PAGE))
    given = request.GET.get("page", "1")
    page = min(pages, max(1, int(given))) if given.isdecimal() and len(given) < 6 else 1
    covers = coverage.class_covers(
        request.person,
        monday,
        at=timezone.now(),
        school=school.school if school else None,
        start=(page - 1) * CLASSES_ON_A_PAGE,
        most=CLASSES_ON_A_PAGE,
    )
    return {
        "monday": monday,
        "friday": monday + timedelta(days=4),
        "week_before": monday - timedelta(days=7),
        "week_after": monday + timedelta(days=7),
        "is_over": _is_over(monday),
        "schools": schools,
        "school": school,
        "total": {
            name: sum(getattr(each, name) for each in shown)
            for name in (
                "classes",
                "classes_with_weeks",
                "by_hand",
                "students",
                "waiting",
                "flagged",
                "approved",
                "missing",
            )
        },
        "lines": [_line(cover) for cover in covers],
        "page": page,
        "pages": pages,
        "page_before": page - 1 if page > 1 else None,
        "page_after": page + 1 if page < pages else None,
        "weights_of": [
            {"organisation": each, "address": reverse("leader-weights", kwargs={"organisation_id": each.pk})}
            for each in roster.organisations_led_by(request.person).order_by("kind", "name", "pk")
        ],
    }


def _line(cover: ClassCover) -> dict[str, Any]:
    return {
        "cover": cover,
        "state": _state_words(cover),
        "gap": "" if cover.gap is None else _percent(cover.gap),
        "refused": sentence(cover.run.sentence, cover.run.facts) if cover.run and cover.run.state == "refused" else "",
    }


def _percent(gap: float) -> str:
    if gap < SMALLEST_GAP:
        return gettext("none")
    return gettext("{percent}%").format(percent=formats.localize(round(100 * gap, 1)))


def _state_words(cover: ClassCover) -> str:
    if cover.run is None:
        return gettext("no run")
    words = gettext(str(STATE_WORDS[cover.run.state]))
    if cover.run.is_stalled:
        return gettext("stopped")
    if cover.run.state == "running" and cover.run.total:
        return gettext("{done} of {total} drafted").format(done=cover.run.done, total=cover.run.total)
    return words


def _runs_facts(request: Request, monday: date) -> dict[str, Any]:
    at = timezone.now()
    states = coverage.run_states(coverage.runs_led_by(request.person, monday), at=at)
    led = {each.pk for each in roster.organisations_led_by(request.person)}
    return {
        "runs": [_run_line(state, may_resume=state.run.school_id in led) for state in states],
        "is_going_on": any(not state.run.finished_at and not state.is_stalled for state in states),
        "runs_address": f"{reverse('leader-planning')}?week={monday.isoformat()}",
        "monday": monday,
    }


def _run_line(state: RunState, *, may_resume: bool) -> dict[str, Any]:
    return {
        "state": state,
        "may_resume": may_resume and state.is_stalled,
        "name": state.run.school.name if state.run.school else gettext("Every school"),
        "by": state.run.started_by.formal_name if state.run.started_by else gettext("the system, or by command"),
    }


@require_POST
@may(Permission.SEE_SCHOOL)
def start(request: Request) -> HttpResponse:
    """Draft the week for every class of a school or district, beside this request."""
    monday = _monday(request.POST.get("week", ""))
    school = _led(request, request.POST.get("school", ""))
    if _is_over(monday):
        messages.info(request, gettext("This week is over, so nothing is drafted for it."))
        return redirect(f"{reverse('leader-planning')}?week={monday.isoformat()}")
    try:
        run = runs.start_run(school=school, monday=monday, by=request.person, at=timezone.now())
        count = run.classes.count()
        words = ngettext("{count} class is being drafted.", "{count} classes are being drafted.", count)
        messages.success(request, words.format(count=count))
    except RuleBroken as broken:
        messages.info(request, sentence(broken.sentence, broken.facts))
    return redirect(f"{reverse('leader-planning')}?week={monday.isoformat()}")


@require_POST
@may(Permission.SEE_SCHOOL)
def resume(request: Request, run_id: int) -> HttpResponse:
    """Go on with a run that was stopped."""
    run = coverage.run_led_by(request.person, run_id)
    runs.resume(run=run, by=request.person, at=timezone.now())
    messages.success(request, gettext("The run goes on where it was."))
    week = f"?week={run.monday.isoformat()}" if run.monday else ""
    return redirect(f"{reverse('leader-planning')}{week}")


def _led(request: Request, given: str) -> Organisation:
    """Return a school or district that the reader leads, else "not found"."""
    if not given.isdecimal():
        raise NotFound
    found = roster.organisations_led_by(request.person).filter(pk=int(given)).select_related("parent").first()
    if found is None:
        raise NotFound
    return found


# --- weights ---------------------------------------------------------------------------------------------------------


class WeightsForm(forms.Form):
    """What a good week is made of: a number for each part, and why."""

    why = forms.CharField(
        max_length=300,
        required=False,
        label=_("Why (teachers read it)"),
        widget=forms.Textarea(attrs={"class": "textarea textarea--low", "rows": 2}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for dial in WEIGHTS:
            self.fields[dial.name] = DialField(dial)

    @property
    def numbers(self) -> list[forms.BoundField]:
        """The fields of the numbers, in order."""
        return [self[dial.name] for dial in WEIGHTS]

    @property
    def weights(self) -> Weights:
        """What was chosen."""
        return weights_from(self.cleaned_data)

    @property
    def kept(self) -> list[tuple[str, Any]]:
        """What the button that sets it sends along."""
        return [(name, self.data.get(name, "")) for name in self.fields]


@require_safe
@may(Permission.SEE_SCHOOL)
def weights(request: Request, organisation_id: int) -> HttpResponse:
    """Show the weights of a school or district; with a choice in the address, also what it would change in one class."""
    organisation = _led(request, str(organisation_id))
    holds = limits.weights_in_force(organisation)
    is_asked = any(dial.name in request.GET for dial in WEIGHTS)
    now = {dial.name: getattr(holds.weights, dial.name) for dial in WEIGHTS}
    # An address that names only some numbers means the present ones for the rest.
    given = {**{name: f"{value:g}" for name, value in now.items()}, **request.GET.dict()}
    form = WeightsForm(given) if is_asked else WeightsForm(initial=now)
    return _weights_page(request, organisation, holds, form)


@require_POST
@may(Permission.SEE_SCHOOL)
def set_weights(request: Request, organisation_id: int) -> HttpResponse:
    """Set the weights; the same again changes nothing."""
    organisation = _led(request, str(organisation_id))
    form = WeightsForm(request.POST)
    if not form.is_valid():
        return _weights_page(request, organisation, limits.weights_in_force(organisation), form, status=422)
    values = {dial.name: form.cleaned_data[dial.name] for dial in WEIGHTS}
    return _set(request, organisation, values, form.cleaned_data["why"])


@require_POST
@may(Permission.SEE_SCHOOL)
def use_again(request: Request, organisation_id: int, row_id: int) -> HttpResponse:
    """Set weights that held before; this is also how another choice is undone."""
    organisation = _led(request, str(organisation_id))
    row = next((row for row in limits.weights_history(organisation, limit=1000) if row.pk == row_id), None)
    if row is None:
        raise NotFound
    return _set(request, organisation, row.values, row.why)


@require_POST
@may(Permission.SEE_SCHOOL)
def end_weights(request: Request, organisation_id: int) -> HttpResponse:
    """Go back to the weights that hold above."""
    return _set(request, _led(request, str(organisation_id)), {}, "")


def _set(request: Request, organisation: Organisation, values: dict[str, float], why: str) -> HttpResponse:
    before = next(iter(limits.weights_history(organisation, limit=1)), None)
    made = automation.set_weights(
        organisation=organisation, values=values, why=why, by=request.person, at=timezone.now()
    )
    if before is not None and before.pk == made.pk:
        messages.success(request, gettext("These weights held already; nothing has changed."))
    else:
        where = {"organisation_id": organisation.pk}
        undo = (
            reverse("leader-weights-again", kwargs={**where, "row_id": before.pk})
            if before
            else reverse("leader-weights-end", kwargs=where)
        )
        messages.success(request, gettext("Weeks that are drafted from now on follow these weights."), extra_tags=undo)
    return show_again(request, "leader-weights", organisation_id=organisation.pk)


def _weights_page(
    request: Request,
    organisation: Organisation,
    holds: limits.WeightsInForce,
    form: WeightsForm,
    *,
    status: int = 200,
) -> HttpResponse:
    where = {"organisation_id": organisation.pk}
    classes = list(roster.classes_led_by(request.person).select_related("school"))
    own = [each for each in classes if organisation.pk in (each.school_id, each.school.parent_id)]
    asked = request.GET.get("class", "")
    tried_on = next((each for each in own if str(each.pk) == asked), own[0] if own else None)
    facts: dict[str, Any] = {
        "organisation": organisation,
        "form": form,
        "holds": holds,
        "is_own": holds.row is not None and holds.row.organisation_id == organisation.pk,
        "lines": weight_lines(holds.weights),
        "classes": own,
        "tried_on": tried_on,
        "try_address": reverse("leader-weights", kwargs=where),
        "set_address": reverse("leader-weights-set", kwargs=where),
        "end_address": reverse("leader-weights-end", kwargs=where),
        "history": [_history_line(organisation, row) for row in limits.weights_history(organisation)],
    }
    if form.is_bound and form.is_valid() and status == 200:
        facts |= {
            "chosen": weight_lines(form.weights),
            "is_in_force": form.weights == holds.weights,
            "tried": _tried(tried_on, form.weights) if tried_on else None,
        }
    if request.htmx and request.htmx.target == "look":
        return render(request, "leader/weights.html#look", facts)
    return leader_page(request, "leader/weights.html", facts, tab="planning", status=status)


def _tried(school_class: Class, chosen: Weights) -> coverage.OtherWeights:
    today = timezone.localdate()
    return coverage.what_if_weights(school_class, coming_monday(today), chosen, at=timezone.now())


def _history_line(organisation: Organisation, row: PlanWeights) -> dict[str, Any]:
    lines = weight_lines(limits.weights_of(row)) if row.values else []
    return {
        "row": row,
        "words": ", ".join(f"{line['words']} {line['number']}" for line in lines),
        "again_address": reverse("leader-weights-again", kwargs={"organisation_id": organisation.pk, "row_id": row.pk}),
    }
