"""Files of the machine, by way of what is served from a directory."""

import pytest

from portal.pages.rendering import STATIC
from tests.support.attacked import Attacked

STYLES = (STATIC / "portal.css").read_text()

BESIDE = (
    *("../app.py", "..%2fapp.py", "%2e%2e/app.py", "%2e%2e%2fapp.py", "..%5capp.py", "....//app.py", "..;/app.py"),
    *("portal.css/../../app.py", "./../app.py", "/../app.py", "%252e%252e/app.py", "%c0%ae%c0%ae/app.py"),
    *("/etc/passwd", "//etc/passwd", "../../../../../../../../etc/passwd", "%2fetc%2fpasswd", "..%00/app.py"),
    *("portal.css%00.txt", "portal.css%20", "portal.css/", "PORTAL.CSS/x", ".", "..", "", "%2e", "con", "a" * 4000),
    *("file:///etc/passwd", "\\..\\app.py", "portal.css::$DATA", "%ff%fe", "*"),
)


@pytest.mark.parametrize("directory", ["/static/", "/", "/static", "/api/", "/operators/"])
async def test_no_file_beside_the_static_ones_is_served(attacked: Attacked, directory: str) -> None:
    for name in BESIDE:
        answer = await attacked.ask("GET", f"{directory}{name}", attacked.shown("operator"))
        assert "import " not in answer.text, name
        assert "root:" not in answer.text, name
        assert answer.status in {200, *range(300, 500)}, (name, answer.everything[:300])
        if answer.status == 200:
            assert answer.text.startswith(("<!doctype html>", STYLES[:100])), (name, answer.text[:100])
