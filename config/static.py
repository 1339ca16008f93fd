"""Static files as production serves them: packed, named by what is in them, our own modules in `import` too."""

from django.contrib.staticfiles.storage import HashedFilesMixin
from whitenoise.storage import CompressedManifestStaticFilesStorage


class NamedByContent(CompressedManifestStaticFilesStorage):  # type: ignore[misc]
    """A browser keeps every file for good, and none is older than the page that asks for it.

    Django can name imports so in all scripts or in none, and stumbles over what other packages ship: ours alone then.
    """

    patterns = (
        *HashedFilesMixin.patterns,
        ("frontdesk/*.js", HashedFilesMixin._js_module_import_aggregation_patterns[1]),  # type: ignore[attr-defined]
    )
