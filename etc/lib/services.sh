# shellcheck shell=bash
# Starts and stops private PostgreSQL and Redis servers and other child processes; to be sourced by etc/up and tests/run.
# Invariant: processes that start_process started end with the script, in reverse order, also when the script is killed.
# The script sets `program`, its name in messages.

started=() # "pid signal seconds name", oldest first

say() { printf '%s: %s\n' "${program:?}" "$*"; }
fail() {
    printf '%s: %s\n' "$program" "$*" >&2
    exit 1
}

# start_process <name> <signal> <seconds> <log> <command>...: runs the command in the background in a separate session, so
# that Ctrl-C reaches only the script, which then stops the processes in order. <signal> stops it, within <seconds>.
# The kernel sends the same signal if the script dies. The log is readable by its owner only. Sets `pid`.
start_process() {
    local name=$1 signal=$2 seconds=$3 log=$4
    shift 4
    (umask 077 && : >>"$log")
    chmod 600 "$log" # an earlier version created it readable by all
    exec_alone "$signal" "$@" >>"$log" 2>&1 &
    pid=$!
    started+=("$pid $signal $seconds $name")
}

exec_alone() {
    local signal=$1
    shift
    exec 8>&- 9>&- # a child must not keep a lock of the script
    exec setsid setpriv --pdeathsig "$signal" "$@"
}

# in_background <command>...: runs a long command such that a signal to this script ends it at once.
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

# within <seconds> <command>...: repeats the command until it succeeds; fails after the timeout.
within() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < end)) || return 1
        sleep 0.1
    done
}

gone() { ! alive "$1"; }

# stop_started: stops all processes of start_process, the newest first.
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

# port_taken <port>: whether any process of this machine listens on the port.
port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# listens <pid> <port>: whether this process listens on the port.
listens() {
    local inode
    while read -r inode; do
        [[ -z $(find "/proc/$1/fd" -lname "socket:\\[$inode\\]" -print -quit 2>/dev/null) ]] || return 0
    done < <(awk -v port="$(printf ':%04X' "$2")" '$4 == "0A" && substr($2, length($2) - 4) == port { print $10 }' \
        /proc/net/tcp /proc/net/tcp6 2>/dev/null)
    return 1
}

# free_port <first>: prints the first port >= <first> that nobody listens on.
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

# lost_port <log>: whether the last started process has ended because its port was taken after it was found free. The
# caller then tries again.
lost_port() {
    grep -q 'Address already in use' "$1" || return 1
    unset 'started[-1]'
    wait "$pid" || true # so that it does not count as the first to end
}

# last_lines <file>: prints the end of a log.
last_lines() { tail -n 15 "$1" | sed 's/^/  | /' >&2; }

# PostgreSQL refuses to run as root: then it runs as the user of its package, in a directory that this user can access.
postgres_command() {
    if [[ $EUID -eq 0 ]]; then
        setpriv --reuid=postgres --regid=postgres --init-groups "$@"
    else
        "$@"
    fi
}

# postgres_home <folder>: creates a folder that PostgreSQL can use, with the required owner, and prints its name: <folder>,
# or one in /var/lib with a derived name when other users cannot access root's checkout.
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

# start_postgres <folder> [<setting=value>...]: starts a private PostgreSQL with its data in <folder>. It listens only on a
# Unix socket in a folder that no other user can enter: no port, no password. Sets `postgres_socket`, the host of a DSN;
# its superuser is `postgres`.
start_postgres() {
    local home data log bin settings=() setting
    [[ ! -e $1 || -O $1 || $EUID -eq 0 ]] || fail "$1 belongs to another user: run this as that user, or remove the folder"
    home=$(postgres_home "$1")
    shift
    data=$home/data log=$home/postgres.log
    bin=$(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)
    [[ -n $bin ]] || fail "no PostgreSQL server beneath /usr/lib/postgresql: run etc/setup"
    cd / || return # the user postgres may have no access to the caller's folder
    if ! postgres_command test -e "$data/PG_VERSION"; then
        if ! postgres_command "$bin/initdb" -D "$data" -U postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8 >"$log" 2>&1; then
            last_lines "$log"
            fail "PostgreSQL could not make its data folder $data: its last words are above"
        fi
    fi
    postgres_socket=$home
    # The kernel limits the path of a socket to 107 bytes.
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

# The PostgreSQL of a killed script may still be shutting down.
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

# start_redis <folder> <port> [<option value>...]: starts a private Redis on 127.0.0.1 with its data in <folder>, on the
# first free port >= <port>. Sets `redis_port`.
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

# Make sure that our server answers, not another one that took the port in between.
redis_answers() { redis-cli -h 127.0.0.1 -p "$1" info server 2>/dev/null | tr -d '\r' | grep -qx "process_id:$2"; }

redis_absent() {
    local pid
    pid=$(cat "$1/redis.pid" 2>/dev/null) || return 0
    [[ $(cat "/proc/$pid/comm" 2>/dev/null) != redis-server ]]
}

# build_jobs: prints the number of parallel compilers that processors and memory (about 1.5 GB each) allow.
build_jobs() {
    local memory jobs
    jobs=$(nproc)
    memory=$(awk '/^MemAvailable/ { print int($2 / 1500000) }' /proc/meminfo)
    ((memory >= jobs)) || jobs=$memory
    echo $((jobs > 0 ? jobs : 1))
}
