from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedStorage(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """Hashes the names in JavaScript's imports too, so that a deploy never mixes two versions."""

    support_js_module_import_aggregation = True
