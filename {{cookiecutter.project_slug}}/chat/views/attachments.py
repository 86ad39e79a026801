from collections.abc import AsyncIterator
from uuid import UUID

import msgspec
from asgiref.sync import sync_to_async
from django.contrib.auth.decorators import login_required
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase, JsonResponse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.requests import SignedInRequest
from chat import queries, services, shown
from chat.models import Attachment
from chat.thumbnails import thumbnail_path
from realtime.errors import CommandError

from .lookup import visible_room

HEADERS = {  # whatever a file holds, no browser runs it in the name of this site
    "Cache-Control": "private, max-age=3600",  # it never changes, but may be deleted
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
STATUS = {
    "not_allowed": 404,
    "not_found": 404,
    "archived": 403,
    "too_large": 413,
    "too_many": 429,
    "busy": 503,
}


@login_required
@require_POST
def attachment_upload(request: SignedInRequest, room: str) -> HttpResponse:
    """Takes one file, as `file`; answers with what a message's event says of it."""
    found = visible_room(request, room)
    upload = request.FILES.get("file")
    if upload is None:
        return JsonResponse({"code": "bad_file", "message": "There is no `file`."}, status=400)
    try:
        attachment = services.attachment_create(user=request.user, room=found, upload=upload)
    except CommandError as error:
        return _refused(error)
    return JsonResponse(msgspec.to_builtins(shown.file(attachment)), status=201)


@login_required
@require_http_methods(["GET", "HEAD", "DELETE"])
def attachment(request: SignedInRequest, pk: UUID) -> HttpResponseBase:
    """A file, shown if it is a picture, downloaded if not. DELETE takes an unsent one back."""
    if request.method == "DELETE":
        try:
            services.attachment_discard(user=request.user, pk=pk)
        except CommandError as error:
            return _refused(error)
        return HttpResponse(status=204)
    found = _visible(request, pk)
    return _file_response(found.path, found.content_type, found.name, found.is_picture)


@login_required
@require_safe
def attachment_thumbnail(request: SignedInRequest, pk: UUID) -> HttpResponseBase:
    found = _visible(request, pk)
    path = thumbnail_path(found.path)
    return _file_response(path, "image/webp", f"{found.name}.webp", inline=True)


class StreamedFile(FileResponse):
    """A FileResponse that under ASGI is read in pieces, where Django's is read whole first."""

    block_size = 64 * 1024

    async def __aiter__(self) -> AsyncIterator[bytes]:
        pieces = iter(self)
        while piece := await sync_to_async(lambda: next(pieces, b""))():
            yield piece


def _visible(request: SignedInRequest, pk: UUID) -> Attachment:
    found = queries.attachment_for(request.user, pk)
    if found is None:
        raise Http404
    return found


def _file_response(path: str, content_type: str, name: str, inline: bool) -> HttpResponseBase:
    try:
        file = default_storage.open(path)
    except FileNotFoundError:
        raise Http404 from None
    response = StreamedFile(  # which would guess the type by the name, were it not told
        file, as_attachment=not inline, filename=name, content_type=content_type
    )
    for header, value in HEADERS.items():
        response.headers[header] = value
    return response


def _refused(error: CommandError) -> JsonResponse:
    return JsonResponse(error.fields(), status=STATUS.get(error.code, 400))
