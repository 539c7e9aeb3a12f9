"""The doors: a name and password for adults, a card for students, and the way out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib.auth import authenticate, login, logout, password_validation, update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from headway.core.access.codes import tidy_code
from headway.core.access.roles import Role
from headway.core.shared.errors import NotFound
from headway.records.roster import actions, queries
from headway.web.shared import throttle
from headway.web.shared.access import Request, signed_in
from headway.web.shared.going_back import go_back, safe_next

if TYPE_CHECKING:
    from headway.records.roster.models import Person

# The first page of each role; somebody with several roles lands on the first one that fits.
FIRST_PAGES = (
    (Role.TEACHER, "teacher-today"),
    (Role.SPECIALIST, "teacher-today"),
    (Role.LEADER, "leader-home"),
    (Role.STUDENT, "student-week"),
    (Role.GUARDIAN, "family-home"),
)
UNPROCESSABLE, TOO_MANY = 422, 429


class SignInForm(forms.Form):
    """What an adult types."""

    username = forms.CharField(
        label=_("Sign-in name"),
        max_length=150,
        error_messages={"required": _("Type your sign-in name.")},
        widget=forms.TextInput(
            attrs={"class": "input", "autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        max_length=500,
        error_messages={"required": _("Type your password.")},
        widget=forms.PasswordInput(attrs={"class": "input", "autocomplete": "current-password"}),
    )


class CardForm(forms.Form):
    """What a student types from a card."""

    code = forms.CharField(
        label=_("The words on my card"),
        max_length=100,
        help_text=_(
            "Three words and a number, such as otter lamp river 42. Capital letters and hyphens do not matter."
        ),
        error_messages={"required": _("Type the words on your card.")},
        widget=forms.TextInput(
            attrs={"class": "input input--code", "autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )
    stay = forms.BooleanField(
        label=_("Only I use this device. Keep me signed in."), required=False, widget=forms.CheckboxInput()
    )


class PasswordForm(forms.Form):
    """A new password, and the old one as proof."""

    old = forms.CharField(
        label=_("The password you have now"),
        strip=False,
        max_length=500,
        error_messages={"required": _("Type the password you signed in with.")},
        widget=forms.PasswordInput(attrs={"class": "input", "autocomplete": "current-password"}),
    )
    new = forms.CharField(
        label=_("Your new password"),
        strip=False,
        max_length=500,
        help_text=_("At least 10 letters. A short sentence that only you would write is best."),
        error_messages={"required": _("Type a new password.")},
        widget=forms.PasswordInput(attrs={"class": "input", "autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person

    def clean_old(self) -> str:
        """Refuse a wrong old password beside its field."""
        old: str = self.cleaned_data["old"]
        if not self.person.check_password(old):
            raise forms.ValidationError(gettext("That is not the password you signed in with."))
        return old

    def clean_new(self) -> str:
        """Refuse a weak password, or the old one again."""
        new: str = self.cleaned_data["new"]
        if new == self.cleaned_data.get("old"):
            raise forms.ValidationError(gettext("Choose a password that is not the old one."))
        password_validation.validate_password(new, cast("Any", self.person))
        return new


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Send everybody to their first page."""
    if not request.user.is_authenticated:
        return redirect("sign-in")
    person = cast("Any", request.user)
    if person.password_is_one_time:
        return redirect("password")
    roles = queries.roles_of(person)
    page = next((page for role, page in FIRST_PAGES if role in roles), None)
    if page is None:
        return render(request, "shared/no_role.html", status=403)
    return redirect(page)


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Let an adult in by name and password; wrong and unknown names look and take the same."""
    if request.method != "POST":
        if request.user.is_authenticated:
            return go_back(request)
        return _sign_in_page(request, SignInForm())
    form = SignInForm(request.POST)
    if not form.is_valid():
        return _sign_in_page(request, form, status=UNPROCESSABLE)
    at, username = timezone.now(), form.cleaned_data["username"]
    if wait := throttle.words_to_wait(request, "name", username, at=at):
        form.add_error("password", wait)
        return _sign_in_page(request, form, status=TOO_MANY)
    person = authenticate(request, username=username, password=form.cleaned_data["password"])
    if person is None:
        throttle.note_failure(request, "name", username, at=at)
        form.add_error("password", gettext("Name and password do not go together. Check both, then try again."))
        return _sign_in_page(request, form, status=UNPROCESSABLE)
    _open_session(request, cast("Any", person), way="password")
    return go_back(request)


def _sign_in_page(request: HttpRequest, form: SignInForm, status: int = 200) -> HttpResponse:
    return render(request, "shared/sign_in.html", {"form": form, "next": safe_next(request)}, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_card(request: HttpRequest) -> HttpResponse:
    """Let a student in by the words on a card, however they are spelled out."""
    if request.method != "POST":
        if request.user.is_authenticated:
            return go_back(request)
        return render(request, "shared/sign_in_card.html", {"form": CardForm(), "next": safe_next(request)})
    form = CardForm(request.POST)
    status = UNPROCESSABLE
    if form.is_valid():
        student, problem, status = _student_with(request, form.cleaned_data["code"])
        if student is not None:
            _open_session(request, student, way="card", stays=form.cleaned_data["stay"])
            return go_back(request)
        form.add_error("code", problem)
    return render(request, "shared/sign_in_card.html", {"form": form, "next": safe_next(request)}, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def card_code(request: HttpRequest, code: str) -> HttpResponse:
    """Open the address in a card's square code: one button, so that a link preview signs nobody in."""
    if request.method != "POST":
        return render(request, "shared/card_code.html", {"code": tidy_code(code)})
    student, problem, status = _student_with(request, code)
    if student is not None:
        _open_session(request, student, way="card", stays="stay" in request.POST)
        return redirect("home")
    return render(request, "shared/card_code.html", {"code": tidy_code(code), "problem": problem}, status=status)


def _student_with(request: HttpRequest, typed: str) -> tuple[Person | None, str, int]:
    """Return the card's student, or the sentence and status that say why not."""
    at, code = timezone.now(), tidy_code(typed)
    if wait := throttle.words_to_wait(request, "card", code, at=at):
        return None, wait, TOO_MANY
    student = queries.student_with_card(code)
    if student is not None:
        return student, "", 200
    throttle.note_failure(request, "card", code, at=at)
    words = gettext("No card has these words. Check the spelling. If the card is old, ask your teacher for a new one.")
    return None, words, UNPROCESSABLE


def _open_session(request: HttpRequest, person: Person, *, way: str, stays: bool = True) -> None:
    """Start a fresh session; on a device that others use too it ends with the browser."""
    if request.user.is_authenticated:
        logout(request)
    login(request, cast("Any", person))
    if not stays:
        request.session.set_expiry(0)
    actions.note_signed_in(person=person, way=way, at=timezone.now())


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session on this device."""
    is_student = request.user.is_authenticated and not cast("Any", request.user).username
    logout(request)
    return redirect("sign-in-card" if is_student else "sign-in")


@sensitive_post_parameters("old", "new")
@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def password(request: Request) -> HttpResponse:
    """Let an adult choose a password; after a one-time password nothing else opens before this."""
    if not request.person.username:
        raise NotFound
    form = PasswordForm(request.POST or None, person=request.person)
    if request.method == "POST" and form.is_valid():
        actions.set_password(
            person=request.person, password=form.cleaned_data["new"], by=request.person, at=timezone.now()
        )
        update_session_auth_hash(request, cast("Any", request.person))
        return redirect("home")
    status = UNPROCESSABLE if form.errors else 200
    return render(request, "shared/password.html", {"form": form}, status=status)
