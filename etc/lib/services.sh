# shellcheck shell=bash
# Private PostgreSQL and Redis, and the start and stop of any process that a script answers for; for sourcing.
# Invariant: whatever start_process began ends with the script, in reverse order, also when the script is killed.
# etc/up and tests/run use it. The script sets `program`, its name in messages.

started=() # "pid signal seconds name", oldest first

say() { printf '%s: %s\n' "${program:?}" "$*"; }
fail() {
    printf '%s: %s\n' "$program" "$*" >&2
    exit 1
}

# start_process <name> <signal> <seconds> <log> <command>...: runs it in the background in a session of its own, so that
# Ctrl-C reaches the script alone, which then ends things in order. <signal> asks it to end, within <seconds>.
# The kernel sends the same signal should the script vanish. The log is readable by its owner only. Sets `pid`.
start_process() {
    local name=$1 signal=$2 seconds=$3 log=$4
    shift 4
    (umask 077 && : >>"$log")
    chmod 600 "$log" # an earlier version made it readable by all
    exec_alone "$signal" "$@" >>"$log" 2>&1 &
    pid=$!
    started+=("$pid $signal $seconds $name")
}

exec_alone() {
    local signal=$1
    shift
    exec 8>&- 9>&- # no lock of the script outlives it in a child
    exec setsid setpriv --pdeathsig "$signal" "$@"
}

# in_background <command>...: a long command that a signal to this script ends at once.
in_background() {
    local status=0 pid
    exec_alone TERM "$@" &
    pid=$!
    started+=("$pid TERM 20 $1")
    wait "$pid" || status=$?
    unset 'started[-1]'
    return "$status"
}

alive() { kill -0 "$1" 2>/dev/null; }

# within <seconds> <command>...: repeats the command until it succeeds; fails when the time is over.
within() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < end)) || return 1
        sleep 0.1
    done
}

gone() { ! alive "$1"; }

# stop_started: ends everything that start_process began, the youngest first.
stop_started() {
    local index pid signal seconds name
    for ((index = ${#started[@]} - 1; index >= 0; index--)); do
        read -r pid signal seconds name <<<"${started[index]}"
        kill -s "$signal" "$pid" 2>/dev/null || continue
        if ! within "$seconds" gone "$pid"; then
            printf '%s: %s did not stop within %s s and was killed\n' "$program" "$name" "$seconds" >&2 || true
            kill -s KILL -- "-$pid" 2>/dev/null || true
        fi
    done
    started=()
}

# port_taken <port>: somebody listens there on this machine.
port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# listens <pid> <port>: this process does.
listens() {
    local inode
    while read -r inode; do
        [[ -z $(find "/proc/$1/fd" -lname "socket:\\[$inode\\]" -print -quit 2>/dev/null) ]] || return 0
    done < <(awk -v port="$(printf ':%04X' "$2")" '$4 == "0A" && substr($2, length($2) - 4) == port { print $10 }' \
        /proc/net/tcp /proc/net/tcp6 2>/dev/null)
    return 1
}

# free_port <first>: prints the first port from there on that nobody listens on.
free_port() {
    local port
    for ((port = $1; port < $1 + 200; port++)); do
        port_taken "$port" || {
            echo "$port"
            return
        }
    done
    fail "no free port between $1 and $((port - 1))"
}

# lost_port <log>: what was started last has ended because somebody took its port since it was found free. Another attempt
# then takes its place.
lost_port() {
    grep -q 'Address already in use' "$1" || return 1
    unset 'started[-1]'
    wait "$pid" || true # or it would count as the first to end
}

# last_lines <file>: the end of a log, for the message that follows it.
last_lines() { tail -n 15 "$1" | sed 's/^/  | /' >&2; }

# PostgreSQL refuses to run as root: then it runs as the user its package made, in a directory that this user can reach.
postgres_command() {
    if [[ $EUID -eq 0 ]]; then
        setpriv --reuid=postgres --regid=postgres --init-groups "$@"
    else
        "$@"
    fi
}

# postgres_home <folder>: prints the folder PostgreSQL can use, made and owned as it needs: the one asked for, or one beneath
# /var/lib named after it where root's checkout is closed to other users.
postgres_home() {
    local folder=$1
    mkdir -p "$folder"
    if [[ $EUID -eq 0 ]]; then
        chown postgres: "$folder"
        if ! postgres_command test -w "$folder" 2>/dev/null; then
            folder=/var/lib/ezapi/$(sha256sum <<<"$folder" | cut -c1-12)
            mkdir -p "$folder"
            chown postgres: "$folder"
        fi
    fi
    chmod 700 "$folder"
    echo "$folder"
}

# start_postgres <folder> [<setting=value>...]: a PostgreSQL of our own whose data stays in <folder>. It listens on a Unix
# socket only, in a folder that nobody else may enter: no port, no password. Sets `postgres_socket`, the host of a DSN;
# its superuser is `postgres`.
start_postgres() {
    local home data log bin settings=() setting
    [[ ! -e $1 || -O $1 || $EUID -eq 0 ]] || fail "$1 belongs to another user: run this as that user, or remove the folder"
    home=$(postgres_home "$1")
    shift
    data=$home/data log=$home/postgres.log
    bin=$(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)
    [[ -n $bin ]] || fail "no PostgreSQL server beneath /usr/lib/postgresql: run etc/setup"
    cd / || return # the caller's folder may be closed to the user postgres
    if ! postgres_command test -e "$data/PG_VERSION"; then
        if ! postgres_command "$bin/initdb" -D "$data" -U postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8 >"$log" 2>&1; then
            last_lines "$log"
            fail "PostgreSQL could not make its data folder $data: its last words are above"
        fi
    fi
    postgres_socket=$home
    # The kernel takes 107 bytes for the whole name of a socket.
    if ((${#home} > 90)); then
        postgres_socket=$(mktemp -d /tmp/ezapi-postgres.XXXXXX)
        [[ $EUID -ne 0 ]] || chown postgres: "$postgres_socket"
    fi
    for setting; do settings+=(-c "$setting"); done
    within 30 postgres_absent "$data" || fail "another PostgreSQL still works on $data"
    local user=()
    [[ $EUID -ne 0 ]] || user=(--reuid=postgres --regid=postgres --init-groups)
    start_process PostgreSQL INT 30 "$log" "${user[@]}" "$bin/postgres" -D "$data" -k "$postgres_socket" \
        -c listen_addresses= "${settings[@]}"
    cd "$OLDPWD" || return
    if ! within 60 answers_or_gone "$pid" "$bin/pg_isready" -q -h "$postgres_socket" || gone "$pid"; then
        last_lines "$log"
        fail "PostgreSQL did not start on $data: its last words are above"
    fi
}

# A killed script's PostgreSQL takes a moment to end.
postgres_absent() {
    local pid
    pid=$(head -n 1 "$1/postmaster.pid" 2>/dev/null) || return 0
    ! tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF -- "$1"
}

answers_or_gone() {
    local pid=$1
    shift
    gone "$pid" || "$@"
}

# start_redis <folder> <port> [<option value>...]: a Redis of our own on 127.0.0.1 whose data stays in <folder>, on the first
# free port from <port> on. Sets `redis_port`.
start_redis() {
    local folder=$1 attempt
    redis_port=$2
    shift 2
    mkdir -p "$folder"
    chmod 700 "$folder"
    within 10 redis_absent "$folder" || fail "another Redis still works on $folder"
    for attempt in 1 2 3; do
        redis_port=$(free_port "$redis_port")
        : >"$folder/redis.log"
        start_process Redis TERM 20 "$folder/redis.log" redis-server --bind 127.0.0.1 --port "$redis_port" \
            --dir "$folder" --pidfile "$folder/redis.pid" --save '' "$@"
        within 30 answers_or_gone "$pid" redis_answers "$redis_port" "$pid" || break
        gone "$pid" || return 0
        lost_port "$folder/redis.log" || break
    done
    last_lines "$folder/redis.log"
    fail "Redis did not start (attempt $attempt): its last words are above"
}

# The one that answers must be ours, not one that took the port in between.
redis_answers() { redis-cli -h 127.0.0.1 -p "$1" info server 2>/dev/null | tr -d '\r' | grep -qx "process_id:$2"; }

redis_absent() {
    local pid
    pid=$(cat "$1/redis.pid" 2>/dev/null) || return 0
    [[ $(cat "/proc/$pid/comm" 2>/dev/null) != redis-server ]]
}

# build_jobs: as many compilers at once as there are processors and memory for (about 1.5 GB each).
build_jobs() {
    local memory jobs
    jobs=$(nproc)
    memory=$(awk '/^MemAvailable/ { print int($2 / 1500000) }' /proc/meminfo)
    ((memory >= jobs)) || jobs=$memory
    echo $((jobs > 0 ? jobs : 1))
}
