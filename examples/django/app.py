"""A guest book with Django in one file: settings, views and the application."""

from pathlib import Path

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.urls import path
from django.views.decorators.http import require_http_methods

settings.configure(
    ALLOWED_HOSTS=["app.example.com"],
    MIDDLEWARE=["gatewright.django.GatewrightMiddleware"],
    GATEWRIGHT={"CONFIG": Path(__file__).parent.parent / "gatewright.toml"},
    ROOT_URLCONF=__name__,
)
notes: list[dict[str, str]] = []


def healthz(_: HttpRequest) -> HttpResponse:
    """Anybody may ask."""
    return HttpResponse("fine")


@require_http_methods(["GET", "POST"])
def book(request: HttpRequest) -> HttpResponseBase:
    """Show the book and who reads it, or write a note."""
    if request.method == "GET":
        return JsonResponse({"for": request.identity.subject, "notes": notes})
    notes.append({"by": request.identity.subject, "text": request.body.decode()})
    return JsonResponse(notes[-1])


@require_http_methods(["DELETE"])
def clear(request: HttpRequest) -> HttpResponseBase:
    """Clear the book."""
    notes.clear()
    return JsonResponse({"for": request.identity.subject})


urlpatterns = [path("healthz", healthz), path("notes", book), path("admin/notes", clear)]
app = get_wsgi_application()
