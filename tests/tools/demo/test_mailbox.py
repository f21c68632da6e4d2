"""Somebody who takes the mailbox for something else."""

import asyncio
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]

STRANGER = """if True:
    import asyncio
    from tools.demo.mailbox import open_mailbox

    async def main():
        async with open_mailbox() as mailbox:
            port = int(str(mailbox.settings["SMTP_URL"]).rpartition(":")[2])
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            await reader.readline()
            writer.write(b"PRI * HTTP/2.0\\r\\n")
            print((await reader.readline()).decode()[:3])
            writer.close()

    asyncio.run(main())
"""


async def test_a_stranger_at_the_mailbox_is_no_news_for_whoever_watches_the_demo() -> None:
    command = [sys.executable, "-c", STRANGER]
    ended = await asyncio.to_thread(
        subprocess.run, command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "500\n", "")
