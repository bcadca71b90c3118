"""A scripted agent: mends three real faults of a real stack with what dogwatch tells it, and tries one fix that is none.

    pip install mcp
    python3 mend.py target/debug/dogwatch busybox:latest

It brings up a Compose project of its own, talks to `dogwatch mcp` with the client of the Python package `mcp`, and takes
the project down again. It knows nothing of the faults but what `next_problem` says: the file and line of the service's
definition, what the log says, the lines around it.
"""

import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from mcp import ClientSession, StdioServerParameters, stdio_client

PASSWORD = "hunter2-hunter2-hunter2"
# shop: the server listens on another port than its client asks. report: the disk is too small. mailer: no configuration.
COMPOSE = """
name: {name}
x-logging: &calm
  stop_grace_period: 0s
services:
  server:
    <<: *calm
    image: {image}
    environment:
      PORT: "8001"
      DB_PASSWORD: "{password}"
    command: [sh, -c, 'mkdir -p /w; echo ok > /w/index.html; exec httpd -f -p "$$PORT" -h /w']
  shop:
    <<: *calm
    image: {image}
    network_mode: service:server
    command: [sh, -c, 'while :; do nc -w 1 127.0.0.1 8000 < /dev/null; sleep 1; done']
  report:
    <<: *calm
    image: {image}
    tmpfs: ["/data:size=64k"]
    command: [sh, -c, 'while :; do dd if=/dev/zero of=/data/export bs=1k count=256 2>&1 | grep -v records; sleep 2; done']
  mailer:
    <<: *calm
    image: {image}
    volumes: ["./conf:/conf:ro"]
    command: [sh, -c, 'while :; do cat /conf/mail.conf > /dev/null; sleep 2; done']
"""


class Stack:
    def __init__(self, folder, image):
        self.folder, self.name = folder, f"dogwatch-mend-{os.getpid()}"
        (folder / "conf").mkdir()
        text = COMPOSE.format(name=self.name, image=image, password=PASSWORD)
        (folder / "compose.yaml").write_text(text.lstrip())
        for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "the shop as it was"]):
            who = ["-c", "user.name=someone", "-c", "user.email=someone@example.org"]
            subprocess.run(["git", *who, *words], cwd=folder, check=True)

    def compose(self, *words):
        subprocess.run(["docker", "compose", "--progress", "quiet", *words], cwd=self.folder, check=True)


class Agent:
    """What it does about a problem depends on nothing but the answer of `next_problem`."""

    def __init__(self, session, stack, command):
        self.session, self.stack, self.command = session, stack, command
        self.mended = []

    async def call(self, tool, **arguments):
        answer = await self.session.call_tool(tool, arguments)
        is_error = getattr(answer, "is_error", getattr(answer, "isError", None))
        text = answer.content[0].text
        assert not is_error, f"{tool}: {text}"
        assert len(text) <= 48 << 10, f"{tool} answered {len(text)} bytes"
        assert PASSWORD not in text, f"{tool} told a password"
        return json.loads(text)

    def run(self, *words):
        """The same engine without the protocol."""
        done = subprocess.run([*self.command, "agent", *words], cwd=self.stack.folder, capture_output=True, text=True)
        assert PASSWORD not in done.stdout
        return done.returncode, done.stdout or done.stderr

    async def next(self):
        deadline = time.time() + 120
        while time.time() < deadline:
            problem = await self.call("next_problem")
            if "id" in problem:
                return problem
            await asyncio.sleep(1)
        raise AssertionError("no problem came")

    def mend(self, problem):
        """Changes the line of the file that the dossier names; says what it did."""
        said = problem["log_excerpt"]
        definition = next(d for d in problem["definitions"] if d["service"] == problem["service"] and "command" in d["text"])
        if "refused" in said:
            call, port = re.search(r"(nc .*) (\d+) <", definition["text"]).groups()
            assert "server" in {s["service"] for s in problem["affected_services"] if not s["has_it"]}, problem
            listens = re.search(r'PORT: "(\d+)"', Path(definition["file"]).read_text())[1]
            return self.edit(definition["file"], f"{call} {port}", f"{call} {listens}")
        if "No space left" in said:
            return self.edit(definition["file"], r"size=64k", "size=4m")
        if "No such file" in said:
            path = re.search(r"/conf/[\w.]+", said).group()
            (self.stack.folder / path.lstrip("/")).write_text("from = shop\n")
            return f"wrote {path}"
        raise AssertionError(f"nobody told me what to do about {said}")

    def edit(self, file, pattern, text):
        path = Path(file)
        changed, count = re.subn(pattern, text, path.read_text())
        assert count == 1, (file, pattern)
        path.write_text(changed)
        self.stack.compose("up", "-d", "--timeout", "0")
        return f"{path.name}: {text}"

    async def verify(self, problem, **more):
        return (await self.call("verify_problem", id=problem["id"], seconds=8, **more))["verdict"]


def check(problem, stack):
    """Everything that is needed is there."""
    for key in ("issue_type", "container", "severity", "first_seen", "last_seen", "hint", "recommended_actions"):
        assert problem[key], (key, problem)
    assert any(line["is_it"] for line in problem["context"]), problem["context"]
    definition = problem["definitions"][-1]
    text = Path(definition["file"]).read_text().splitlines()
    assert text[definition["line"] - 1] == definition["text"].splitlines()[0]
    assert any("calm" in d["text"] and d["text"].startswith("x-logging") for d in problem["definitions"])
    kinds = {change["kind"] for change in problem["changes"]}
    assert {"deploy", "commit"} <= kinds, problem["changes"]
    assert any("the shop as it was" in change["told"] for change in problem["changes"])


async def work(agent, stack):
    # A fix that is none: the service is restarted, and the agent says that this was it.
    first = await agent.next()
    check(first, stack)
    await agent.call("restart_service", service=first["service"])
    await agent.call("mark_problem", id=first["id"], state="fixed")
    verdict = await agent.verify(first)
    assert verdict in ("still_there", "came_back"), verdict
    print(f"false fix of {first['issue_type']!r} in {first['service']}: {verdict}")
    code, told = agent.run("attempt", first["id"], "--note", "restarted it")
    assert code == 0, told
    code, told = agent.run("verify", first["id"], "--for", "8s")
    assert code == 1 and json.loads(told)["verdict"] == "still_there", told

    for turn in range(3):
        problem = await agent.next()
        assert problem["id"] not in agent.mended, "the same problem again"
        check(problem, stack)
        if problem["id"] == first["id"]:
            assert any(entry["success"] is False for entry in problem["history"]), problem["history"]
        assert agent.run("start", problem["id"], "--by", "mend.py")[0] == 0
        note = agent.mend(problem)
        # Lines that were on their way.
        await asyncio.sleep(3)
        await agent.call("mark_problem", id=problem["id"], state="fixed")
        verdict = await agent.verify(problem)
        assert verdict == "fixed", (verdict, problem["issue_type"])
        # By now the container that had it may be gone, and its log with it.
        code, told = agent.run("attempt", problem["id"], "--note", note)
        assert code == 0, told
        code, told = agent.run("verify", problem["id"], "--for", "4s")
        assert json.loads(told)["verdict"] == "fixed", told
        assert agent.run("learn", problem["id"], note)[0] == 0
        agent.mended.append(problem["id"])
        print(f"mended {problem['issue_type']!r} in {problem['service']}: {note}; {verdict}")
    again = await agent.call("next_problem", id=agent.mended[0])
    assert again["similar_fixes"][0]["verified"], again["similar_fixes"]
    left = await agent.call("next_problem")
    assert left.get("nothing_left"), left


async def main(program, image):
    program = str(Path(program).resolve())
    with tempfile.TemporaryDirectory() as folder:
        stack = Stack(Path(folder).resolve(), image)
        home = stack.folder / "home"
        command = [program, "-p", stack.name]
        surroundings = {**os.environ, "HOME": str(home), "DOGWATCH_STATE_DIR": str(home / "state")}
        os.environ.update(surroundings)
        home.mkdir()
        try:
            stack.compose("up", "-d")
            server = StdioServerParameters(
                command=program, args=[*command[1:], "mcp", "--allow-actions"], env=surroundings, cwd=str(stack.folder)
            )
            async with stdio_client(server) as (reads, writes), ClientSession(reads, writes) as session:
                await session.initialize()
                tools = {tool.name for tool in (await session.list_tools()).tools}
                assert {"next_problem", "verify_problem", "mark_problem", "restart_service"} <= tools, tools
                await work(Agent(session, stack, command), stack)
        finally:
            subprocess.run(["docker", "compose", "down", "--volumes", "--timeout", "0"], cwd=stack.folder, capture_output=True)
    print("three faults mended, one false fix caught")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:3]))
