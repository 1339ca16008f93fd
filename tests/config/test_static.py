import re
from pathlib import Path
from typing import Any

from django.core.management import call_command

LOADED = re.compile(r"""(?:from|import)\s*\(?\s*["'](\./[^"']+)["']""")
NAMED_BY_CONTENT = re.compile(r"\.[0-9a-f]{12}\.js$")


def test_in_production_every_module_a_script_loads_is_named_by_its_content(tmp_path: Path, settings: Any) -> None:
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": "config.static.NamedByContent"}}

    call_command("collectstatic", interactive=False, verbosity=0)

    served = [path for path in (tmp_path / "frontdesk").glob("*.js") if NAMED_BY_CONTENT.search(path.name)]
    loaded = {module for path in served for module in LOADED.findall(path.read_text())}
    assert len(loaded) > 30
    assert {module for module in loaded if not (tmp_path / "frontdesk" / module).exists()} == set()
    assert {module for module in loaded if not NAMED_BY_CONTENT.search(module)} == set()
