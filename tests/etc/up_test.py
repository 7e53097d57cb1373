#!/usr/bin/env python3
"""etc/up with a stand-in for the server: its stores, its exit codes, and that no process outlives it, however it ends."""
import glob
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
UP = os.path.join(HERE, "../../etc/up")


def eventually(condition, what, seconds=60):
    """Waits for a condition; fails with a description of it."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.05)


class Up(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # One folder for all cases, so that data directories are created once.
        cls.folder = tempfile.mkdtemp(prefix="ezapi-up-test.")
        os.chmod(cls.folder, 0o755)  # the user postgres needs access
        os.mkdir(f"{cls.folder}/build")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def setUp(self):
        with open(f"{HERE}/stand_in") as file:
            self.build(file.read())
        self.out = open(f"{self.folder}/out", "w+")
        self.env = {k: v for k, v in os.environ.items() if not k.startswith("EZ_")}
        self.processes = []

    def tearDown(self):
        for process in self.processes:
            process.kill()
            process.wait()
        self.out.close()
        eventually(lambda: not self.left(), "end of all processes")

    def build(self, program):
        path = f"{self.folder}/build/ezapi"
        with open(path, "w") as file:
            file.write(program)
        os.chmod(path, 0o755)

    def up(self, *arguments, **env):
        command = [UP, "--build", f"{self.folder}/build", "--run-dir", f"{self.folder}/run", *arguments]
        self.out.truncate(0)
        process = subprocess.Popen(
            command, stdout=self.out, stderr=self.out, env={**self.env, **env}, start_new_session=True)
        self.processes.append(process)
        return process

    def run_up(self, *arguments, **env):
        return self.up(*arguments, **env).wait(timeout=120)

    def said(self):
        with open(f"{self.folder}/out") as file:
            return file.read()

    def serving(self, *arguments):
        process = self.up(*arguments)
        eventually(lambda: "serves at" in self.said() or process.poll() is not None, "the greeting")
        self.assertIn("serves at", self.said())
        return process

    def left(self, name=None):
        """Processes whose command line contains the test folder or a path in it."""
        wanted = (name or self.folder).encode()
        found = []
        for path in glob.glob("/proc/[0-9]*/cmdline"):
            try:
                with open(path, "rb") as file:
                    if wanted in file.read():
                        found.append(int(path.split("/")[2]))
            except OSError:
                pass  # it ended meanwhile
        return found

    def test_a_command_sees_both_stores_and_its_exit_code_is_kept(self):
        status = self.run_up("--", "bash", "-c", """
            set -e
            curl -fs --noproxy '*' "$EZ_URL/health"
            [[ $(cat "$EZ_TOKEN_FILE") == stand-in ]]
            redis-cli -p "$REDIS_PORT" ping
            psql -c 'CREATE TABLE made (id int); DROP TABLE made' "$EZ_PG_DSN"
            exit 7""")
        self.assertEqual(status, 7, self.said())
        self.assertEqual(self.left(), [])

    def test_another_shell_is_told_how_to_call_it_for_as_long_as_it_serves(self):
        status = self.run_up("--", "bash", "-c", """
            set -e
            [[ $(stat -c %a "$EZ_ENV_FILE") == 600 ]]
            env -i PATH="$PATH" bash -c '
                set -e
                source "$0"
                curl -fs --noproxy "*" "$EZ_URL/health"
                [[ $(cat "$EZ_TOKEN_FILE") == stand-in && $(type -P ezapi) == */build/ezapi ]]' "$EZ_ENV_FILE" """)
        self.assertEqual(status, 0, self.said())
        self.assertFalse(os.path.exists(f"{self.folder}/run/env"))

    def test_a_command_finds_the_program(self):
        self.assertEqual(self.run_up("--", "bash", "-c", '[[ $(type -P ezapi) == "$0"/build/ezapi ]]', self.folder), 0, self.said())

    def test_a_start_in_a_shell_that_sourced_the_environment_chooses_again(self):
        kept = 'psql -c "CREATE TABLE of_the_first AS SELECT 1" "$EZ_PG_DSN" && cp "$EZ_ENV_FILE" "$0"'
        self.assertEqual(self.run_up("--", "bash", "-c", kept, f"{self.folder}/env"), 0, self.said())
        again = """
            source "$0/env"
            "$1" --build "$0/build" --run-dir "$0/run" -- bash -c 'psql -c "DROP TABLE of_the_first" "$EZ_PG_DSN"' &&
            "$1" --build "$0/build" --run-dir "$0/second" -- bash -c '
                [[ $EZ_PG_DSN == *"$0/second"* && $EZ_STATE_DIR == "$0/second/state" ]]' "$0" """
        result = subprocess.run(["bash", "-c", again, self.folder, UP], env=self.env, capture_output=True, text=True, timeout=120)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_what_the_caller_changes_after_sourcing_is_used(self):
        self.assertEqual(self.run_up("--", "cp", f"{self.folder}/run/env", f"{self.folder}/env"), 0, self.said())
        chosen = """
            source "$0/env"
            EZ_PG_DSN=host=elsewhere "$1" --build "$0/build" --run-dir "$0/run" -- bash -c '[[ $EZ_PG_DSN == host=elsewhere ]]'"""
        result = subprocess.run(["bash", "-c", chosen, self.folder, UP], env=self.env, capture_output=True, text=True, timeout=120)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_logs_are_readable_by_their_owner_only(self):
        status = self.run_up("--", "bash", "-c", """
            shopt -s globstar
            for log in "$0"/run/**/*.log; do [[ $(stat -c %a "$log") == 600 ]] || exit 1; done""", self.folder)
        self.assertEqual(status, 0, self.said())

    def test_what_the_stores_hold_is_kept_for_the_next_start(self):
        write = 'psql -c "CREATE TABLE kept AS SELECT 1" "$EZ_PG_DSN" && redis-cli -p "$REDIS_PORT" set kept it'
        read = 'psql -c "DROP TABLE kept" "$EZ_PG_DSN" && [[ $(redis-cli -p "$REDIS_PORT" get kept) == it ]]'
        self.assertEqual(self.run_up("--", "bash", "-c", write), 0, self.said())
        self.assertEqual(self.run_up("--", "bash", "-c", read), 0, self.said())

    def test_the_server_works_under_a_role_without_privileges(self):
        query = "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
        status = self.run_up("--", "bash", "-c", f'[[ $(psql -XAtc "{query}" "$EZ_PG_DSN") == f ]]')
        self.assertEqual(status, 0, self.said())

    def test_servers_named_by_the_environment_are_used_as_they_are(self):
        status = self.run_up(
            "--", "bash", "-c", '[[ $EZ_PG_DSN == host=elsewhere && $EZ_REDIS_ADDR == elsewhere:1 ]]',
            EZ_PG_DSN="host=elsewhere", EZ_REDIS_ADDR="elsewhere:1")
        self.assertEqual(status, 0, self.said())

    def test_a_second_one_says_that_one_runs_already(self):
        self.serving()
        second = subprocess.run([UP, "--build", f"{self.folder}/build", "--run-dir", f"{self.folder}/run"],
                                capture_output=True, text=True, timeout=60)
        self.assertEqual(second.returncode, 1)
        self.assertIn("already runs", second.stderr)
        self.assertEqual(len(second.stderr.splitlines()), 1, second.stderr)

    def test_signals_end_it_and_leave_nothing(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with self.subTest(signal=number.name):
                process = self.serving()
                os.killpg(process.pid, number)  # as a terminal does
                self.assertEqual(process.wait(timeout=60), 128 + number)
                self.assertEqual(self.left(), [])

    def test_killed_it_leaves_nothing_and_starts_again(self):
        process = self.serving()
        process.kill()
        process.wait()
        self.assertEqual(self.run_up("--", "true"), 0, self.said())
        eventually(lambda: not self.left(), "end of all processes")

    def test_a_server_that_ends_by_itself_ends_it(self):
        process = self.serving()
        for pid in self.left(f"{self.folder}/build/ezapi"):
            os.kill(pid, signal.SIGTERM)
        self.assertEqual(process.wait(timeout=60), 1)
        self.assertIn("EZ-API ended by itself", self.said())
        self.assertEqual(self.left(), [])

    def test_a_server_that_refuses_to_start_has_its_last_words_shown(self):
        self.build("#!/bin/sh\necho the reason\nexit 2\n")
        self.assertEqual(self.run_up(), 1)
        self.assertIn("the reason", self.said())
        self.assertEqual(self.left(), [])

    def test_a_port_that_another_took_first_is_left_to_it(self):
        with open(f"{HERE}/stand_in") as file:
            program = file.read()
        loses = "import os\ntry:\n    os.rmdir(os.environ['LOSES'])\nexcept FileNotFoundError:\n    pass\nelse:\n" \
                "    raise SystemExit('Address already in use')\n"
        self.build(program.replace("import http.server\n", loses + "import http.server\n", 1))
        os.mkdir(f"{self.folder}/loses")
        self.env["LOSES"] = f"{self.folder}/loses"
        process = self.serving()
        self.assertFalse(os.path.exists(self.env["LOSES"]))
        process.terminate()
        self.assertEqual(process.wait(timeout=60), 143, self.said())
        os.mkdir(f"{self.folder}/loses")
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
        self.assertEqual(self.run_up("--port", str(port)), 1)
        self.assertIn("did not become ready", self.said())

    def test_a_port_that_was_asked_for_is_refused_when_in_use(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            self.assertEqual(self.run_up("--port", str(port)), 1)
        self.assertIn(f"port {port} is in use", self.said())


if __name__ == "__main__":
    unittest.main(verbosity=2)
