#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what the tests need, then runs them: all, or the named parts.  tests/README.rst explains the parts.
set -uo pipefail
cd "$(dirname "$0")" || exit 2

ALL_PARTS=(style architecture unit functional contract integration campaign lab)
REAL_PARTS=(libvirt rabbit mariadb network keystone systemd chromium)

usage() {
    cat <<EOF
Usage: ./run_tests.sh [option ...] [part ...] [-- pytest argument ...]

Parts, in this order (all of them when none is named):
  style         ruff and bash -n
  architecture  the laws of the tree: layers, sizes, state table, registries
  unit          one module at a time, SQLite, no service
  functional    the whole cloud in one process, over HTTP; with eventlet, and where several things happen at once
                with threads too
  contract      the hypervisor driver contract, against fake and libvirt
  integration   real RabbitMQ and MariaDB, services as processes, networks in namespaces
  campaign      every service killed at crash points of every action; whole with --thorough
  lab           stack.sh on a machine of its own, with Keystone, Glance, guests and the real clients

Options:
  --without-libvirt | --without-rabbit | --without-mariadb | --without-network | --without-keystone | --without-systemd |
  --without-chromium
                install and run nothing that needs it; the summary says what was left out
  --no-install  install nothing; take .venv as it is
  --setup-only  install and stop
  --concurrency eventlet|threading   only this mode of the functional part
  --thorough    the campaign at every crash point and for five seeds (20 minutes), not at some and for one;
                all pairs of actions, every scenario of the whole cloud with eventlet and with threads, all moves of guests
  --jobs N      test processes at the same time for unit (default: number of cores, at most 4); other parts take
                more, functional four times as many, because they mostly wait
  -h, --help

Examples:
  ./run_tests.sh unit functional
  ./run_tests.sh unit -- tests/unit/scheduler -k ram -x
EOF
}

parts=() without=() pytest_args=()
install=1 setup_only=0 modes="eventlet threading" jobs=$(nproc 2>/dev/null || echo 2)
[ "$jobs" -gt 4 ] && jobs=4
while [ $# -gt 0 ]; do
    case "$1" in
        -h|--help) usage; exit 0 ;;
        --no-install) install=0 ;;
        --setup-only) setup_only=1 ;;
        --concurrency) modes=${2:?--concurrency needs eventlet or threading}; shift ;;
        --thorough) export MININOVA_THOROUGH=1 ;;
        --jobs) jobs=${2:?--jobs needs a number}; shift ;;
        --without-*)
            if [[ " ${REAL_PARTS[*]} " != *" ${1#--without-} "* ]]; then
                echo "run_tests.sh: $1 is unknown; there is: ${REAL_PARTS[*]/#/--without-}" >&2; exit 2
            fi
            without+=("${1#--without-}") ;;
        --) shift; pytest_args=("$@"); break ;;
        -*) echo "run_tests.sh: unknown option $1; ./run_tests.sh --help lists them" >&2; exit 2 ;;
        *)
            if [[ " ${ALL_PARTS[*]} " != *" $1 "* ]]; then
                echo "run_tests.sh: unknown part $1; there is: ${ALL_PARTS[*]}" >&2; exit 2
            fi
            parts+=("$1") ;;
    esac
    shift
done
[ ${#parts[@]} -eq 0 ] && parts=("${ALL_PARTS[@]}")

export LC_ALL=C.UTF-8
unset PYTHONDONTWRITEBYTECODE       # dozens of processes read the same modules
export MININOVA_WITHOUT="${without[*]-}"
unset MININOVA_CONCURRENCY MININOVA_CRASHPOINT

# shellcheck source=tools/test_setup.sh
. tools/test_setup.sh
started=$SECONDS
work=$(mktemp -d "${TMPDIR:-/tmp}/mininova-tests.XXXXXX") || exit 2
# Only a job that still runs is ended: by now its number may be somebody else's.
end_fetching() { [ -z "$fetching" ] || ! jobs -rp | grep -qx "$fetching" || kill -- "-$fetching" 2> /dev/null; }
trap 'end_fetching; [ -n "$keep" ] || rm -rf "$work"' EXIT
keep="" fetching=""
if [ "$install" -eq 1 ]; then
    prepare "${parts[@]}" || { echo "==== 1 error in $((SECONDS - started)).00s (set-up) ===="; exit 2; }
fi
[ "$setup_only" -eq 1 ] && { wait; exit 0; }
PY=.venv/bin/python
[ -x "$PY" ] || { fail_setup "there is no .venv and --no-install was given" "Nothing was changed." "./run_tests.sh"; exit 2; }

# Threads make a difference where several things happen at once.  Scenarios of the whole cloud run in one mode only, those
# in which services run at the same time with threads; all of them in each mode with --thorough, or when one is named.
EVENTLET=(tests/functional) THREADED=(
    tests/functional/scheduler tests/functional/api_machinery tests/functional/api/servers/test_action_matrix.py
    tests/functional/api/servers/test_quota_race.py tests/functional/console/test_proxy.py)
if [ -n "${MININOVA_THOROUGH-}" ] || [[ "$modes" != *" "* ]]; then
    THREADED+=(tests/functional/whole)
else
    for room in conductor_trouble create_and_delete evacuate interfaces live_abort live_migration power resize resize_trouble; do
        THREADED+=("tests/functional/whole/test_$room.py")
        EVENTLET+=("--ignore=tests/functional/whole/test_$room.py")
    done
fi
rows=() failed_parts=() total_passed=0 total_failed=0 total_left_out=0

# record NAME STATUS SECONDS COUNTS-FILE...: one row of the summary.
record() {
    local name=$1 status=$2 seconds=$3 passed=0 failed=0 left_out=0 p f s file
    shift 3
    for file in "$@"; do
        if [ -s "$file" ]; then
            read -r p f s < "$file"
            passed=$((passed + p)); failed=$((failed + f)); left_out=$((left_out + s))
        elif [ "$status" -ne 0 ]; then
            failed=$((failed + 1))
        fi
    done
    [ "$status" -ne 0 ] && [ "$failed" -eq 0 ] && failed=1
    total_passed=$((total_passed + passed)); total_failed=$((total_failed + failed)); total_left_out=$((total_left_out + left_out))
    local verdict=passed
    [ "$status" -ne 0 ] && { verdict=FAILED; failed_parts+=("$name"); }
    rows+=("$(printf '%-24s %-7s %6d passed %5d failed %4d left out %6d s' "$name" "$verdict" "$passed" "$failed" "$left_out" "$seconds")")
}

# run_pytest NAME LIMIT PROCESSES PATH...: one part, shared by so many processes, stopped after LIMIT seconds.
run_pytest() {
    local name=$1 limit=$2 processes=$3 begin=$SECONDS status=0 i pids=() counts=() key args
    shift 3
    key=${name//[^a-z]/_}
    printf '\n== %s\n' "$name"
    if [ ${#pytest_args[@]} -gt 0 ]; then args=("${pytest_args[@]}"); processes=1; else args=("$@"); fi
    mkdir "$work/$key.dealt"
    for i in $(seq 1 "$processes"); do
        counts+=("$work/$key.$i.counts")
        : > "$work/$key.$i.log"             # there before somebody looks for it
        MININOVA_TEST_COUNTS="$work/$key.$i.counts" timeout --foreground -s INT -k 60 "$limit" \
            "$PY" -m pytest --deal "$work/$key.dealt" --basetemp "$work/$key.$i" "${args[@]}" > "$work/$key.$i.log" 2>&1 &
        pids+=($!)
    done
    if [ "$processes" -eq 1 ]; then tail --pid="${pids[0]}" -n +1 -s 0.3 -f "$work/$key.1.log"; fi
    for i in $(seq 1 "$processes"); do
        wait "${pids[$((i - 1))]}" || { status=$?; [ "$status" -eq 124 ] && echo "stopped: $name took longer than $limit s" >> "$work/$key.$i.log"; }
        [ "$processes" -gt 1 ] && cat "$work/$key.$i.log"
    done
    record "$name" "$status" $((SECONDS - begin)) "${counts[@]}"
}

run_style() {
    local begin=$SECONDS status=0 script
    printf '\n== style\n'
    .venv/bin/ruff check . || status=1
    while read -r script; do
        head -n 1 "$script" | grep -q 'bash\|/sh' || continue
        bash -n "$script" || status=1
    done < <(git ls-files '*.sh' devstack .ci run_tests.sh tools 2>/dev/null)
    if [ "$status" -eq 0 ]; then echo '1 0 0' > "$work/style.counts"; else echo '0 1 0' > "$work/style.counts"; fi
    record style "$status" $((SECONDS - begin)) "$work/style.counts"
}

for part in "${parts[@]}"; do
    case "$part" in
        style) run_style ;;
        architecture) run_pytest architecture 300 1 tests/architecture ;;
        unit) run_pytest unit 900 "$jobs" tests/unit ;;
        functional)
            for mode in $modes; do
                export MININOVA_CONCURRENCY=$mode
                paths=("${EVENTLET[@]}")
                [ "$mode" = threading ] && paths=("${THREADED[@]}")
                run_pytest "functional ($mode)" 1500 $((jobs * 4)) "${paths[@]}"
                unset MININOVA_CONCURRENCY
            done ;;
        contract) run_pytest contract 900 $((jobs + 1)) tests/contract ;;
        integration) run_pytest integration 2700 $((jobs > 2 ? 3 : jobs + 1)) tests/integration ;;
        campaign) run_pytest campaign 5400 $((jobs + 1)) tests/campaign ;;
        lab) run_pytest lab 2700 $((jobs > 2 ? 2 : jobs)) tests/lab ;;
    esac
done

printf '\nSummary\n'
printf '  %s\n' "${rows[@]}"
[ ${#without[@]} -gt 0 ] && printf '  LEFT OUT on request: %s (%d tests)\n' "${without[*]}" "$total_left_out"
for part in "${ALL_PARTS[@]}"; do
    [[ " ${parts[*]} " == *" $part "* ]] || printf '  not asked for: %s\n' "$part"
done
elapsed=$((SECONDS - started))
line="$total_passed passed"
[ "$total_failed" -gt 0 ] && line="$total_failed failed, $line"
[ "$total_left_out" -gt 0 ] && line="$line, $total_left_out skipped"
if [ ${#failed_parts[@]} -gt 0 ]; then
    printf '  FAILED: %s\n' "${failed_parts[*]}"
    keep=1
    printf '  files of the tests, logs among them: %s\n' "$work"
    printf '  Next: ./run_tests.sh %s\n' "${failed_parts[0]%% *}"
fi
printf '==== %s in %d.00s ====\n' "$line" "$elapsed"
[ ${#failed_parts[@]} -eq 0 ]
