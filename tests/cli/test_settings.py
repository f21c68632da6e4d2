import subprocess
import sys


def test_reading_the_settings_loads_neither_mail_nor_http() -> None:
    program = (
        "import sys; from cli.settings import CliSettings; from process.settings import read_settings; "
        "read_settings(CliSettings); assert not {'aiosmtplib', 'cryptography', 'httpx', 'qrcode'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=30)
