# shellcheck shell=sh
# Shared by bin/up and bin/test, which source it: finds a Python, makes .venv, installs the locked requirements.

VENV=.venv
PY=$VENV/bin/python

die() {
  printf '%s\n' "$*" >&2
  exit 2
}

# Pyenv's shims answer for versions that are not there, so a name on PATH counts only if it runs.
supported() {
  "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
  if [ -n "${CXACCESS_PYTHON:-}" ]; then
    supported "$CXACCESS_PYTHON" || die "CXACCESS_PYTHON is $CXACCESS_PYTHON, which is not a Python 3.11 or newer."
    printf '%s\n' "$CXACCESS_PYTHON"
    return
  fi
  lacking=
  for candidate in python3 python3.13 python3.12 python3.11 "$HOME"/.pyenv/versions/3.*/bin/python3; do
    supported "$candidate" || continue
    if command -v uv >/dev/null 2>&1 || "$candidate" -c 'import ensurepip, venv' >/dev/null 2>&1; then
      printf '%s\n' "$candidate"
      return
    fi
    lacking=${lacking:-$candidate}
  done
  if [ -n "$lacking" ]; then
    package=$("$lacking" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    die "$lacking cannot make virtual environments. On Debian or Ubuntu: apt-get install $package"
  fi
  die "CX Access needs Python 3.11 or newer; none was found on PATH or under ~/.pyenv/versions."
}

# A working environment of a supported version that something here can install into.
usable() {
  supported "$PY" || return 1
  command -v uv >/dev/null 2>&1 || "$PY" -c 'import pip' >/dev/null 2>&1
}

make_environment() {
  python=$(find_python) || exit 2
  printf 'Making .venv with %s\n' "$("$python" -c 'import platform, sys; print(f"Python {platform.python_version()} ({sys.executable})")')"
  rm -rf "$VENV" || die "The old .venv cannot be removed; remove it by hand."
  if command -v uv >/dev/null 2>&1; then
    uv venv --quiet --python "$python" "$VENV" || die "uv could not make .venv here."
  else
    "$python" -m venv "$VENV" || die "$python could not make .venv here."
  fi
}

# install LOCK: wheels only, each held to its hash. A dependency's build script never runs.
install() {
  printf 'Installing %s\n' "$1"
  if command -v uv >/dev/null 2>&1; then
    uv pip install --quiet --python "$PY" --no-deps --require-hashes --only-binary :all: -r "$1"
  else
    "$PY" -m pip install --quiet --disable-pip-version-check --no-input --no-deps --require-hashes \
      --only-binary :all: -r "$1"
  fi || die "Installing $1 failed; the lines above say why."
}

# environment base|dev: the stamp is a copy of the lock, written last; dev holds base at the same versions.
environment() {
  if usable; then
    for stamp in "$1" dev; do
      cmp -s "requirements/$stamp.lock" "$VENV/$stamp.lock" && return
    done
  else
    make_environment
  fi
  rm -f "$VENV/base.lock" "$VENV/dev.lock"
  install "requirements/$1.lock"
  cp "requirements/$1.lock" "$VENV/$1.lock"
}
