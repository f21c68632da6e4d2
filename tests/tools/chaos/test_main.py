"""What ``python -m tools.chaos`` refuses before it breaks anything."""

import pytest

from tools.chaos.__main__ import MOST_SECONDS, main


@pytest.mark.parametrize("seconds", ["0", "-1", "601", "9999"])
def test_a_run_without_an_end_in_ten_minutes_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], seconds: str
) -> None:
    monkeypatch.setattr("sys.argv", ["chaos", f"--seconds={seconds}"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert f"more than 0 and at most {MOST_SECONDS} seconds, got {seconds}" in capsys.readouterr().err
