#!/bin/sh
# Shows on any Debian machine that ./dev does all set-up on a fresh Debian 12: makes one with debootstrap in FOLDER, puts the
# committed state of this repository and the machine's Rust toolchain into it, and runs there what people run.
#
#   packaging/try-fresh.sh [FOLDER [COMMAND...]]      (root; default: a temporary folder, and `./dev run`, then `./dev test`)
#
# Packages come from the mirror that this machine's apt is set to. A FOLDER that holds a Debian already is used again, which
# is then not fresh any more. Mounts are made in a mount namespace of their own and vanish with it.
set -eu

[ "$(id -u)" = 0 ] || { echo "try-fresh: needs root (mounts, chroot)" >&2; exit 1; }
command -v debootstrap >/dev/null || { echo "try-fresh: apt install debootstrap first" >&2; exit 1; }
if [ "${ONEDOOR_FRESH:-}" != inside ]; then
    ONEDOOR_FRESH=inside exec unshare --mount --propagation private "$0" "$@"
fi

here=$(cd "$(dirname "$0")/.." && pwd)
folder=${1:-}
[ $# -eq 0 ] || shift
if [ -z "$folder" ]; then
    folder=$(mktemp -d /var/tmp/onedoor-fresh.XXXXXX)
    trap 'umount -R "$folder" 2>/dev/null || true; rm -rf --one-file-system "$folder"' EXIT
fi
mkdir -p "$folder"

mirror=$(apt-get indextargets --format '$(SITE)' 'Codename: bookworm' 'Created-By: Packages' | head -n 1)
[ -n "$mirror" ] || mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep debian | head -n 1)
[ -n "$mirror" ] || { echo "try-fresh: apt on this machine has no Debian mirror (apt-get update?)" >&2; exit 1; }

if [ ! -x "$folder/usr/bin/dpkg" ]; then
    debootstrap --variant=minbase bookworm "$folder" "$mirror" >"$folder.log" 2>&1 ||
        { tail -n 20 "$folder.log" >&2; exit 1; }
    # How this machine reaches its mirror holds for the new one as well.
    rm -f "$folder/etc/apt/sources.list"
    cp -a /etc/apt/sources.list.d /etc/apt/keyrings /etc/apt/auth.conf.d "$folder/etc/apt/" 2>/dev/null || true
    [ ! -f /etc/apt/sources.list ] || cp /etc/apt/sources.list "$folder/etc/apt/"
    apt-config dump | grep -i '^Acquire::' >"$folder/etc/apt/apt.conf.d/90acquire" || true
fi
cp /etc/resolv.conf /etc/hosts "$folder/etc/" 2>/dev/null || true

# same PATH: binds a file or folder of this machine at the same place.
same() {
    if [ -d "$1" ]; then mkdir -p "$folder$1"; else mkdir -p "$folder$(dirname "$1")" && : >>"$folder$1"; fi
    mount --bind "$1" "$folder$1"
}
mount -t proc proc "$folder/proc"
mount --rbind /sys "$folder/sys"
mount --rbind /dev "$folder/dev"
cargo_home=${CARGO_HOME:-$HOME/.cargo}
rustup_home=${RUSTUP_HOME:-$HOME/.rustup}
same "$cargo_home"
same "$rustup_home"
# What this machine trusts, under a name of its own: installing ca-certificates there would overwrite the usual one.
certificates=
mkdir -p "$folder/srv"
if [ -n "${SSL_CERT_FILE:-}" ] && [ -f "$SSL_CERT_FILE" ]; then
    cp "$SSL_CERT_FILE" "$folder/srv/certificates.pem"
    certificates="SSL_CERT_FILE=/srv/certificates.pem CURL_CA_BUNDLE=/srv/certificates.pem"
fi

rm -rf "$folder/srv/onedoor"
git clone --quiet --no-hardlinks "$here" "$folder/srv/onedoor"
if [ -d "$here/../shared" ]; then
    mkdir -p "$folder/srv/shared"
    mount --bind "$here/../shared" "$folder/srv/shared"
fi

# inside COMMAND...: in the fresh system, with nothing of this machine's environment.
inside() {
    # shellcheck disable=SC2086
    chroot "$folder" /usr/bin/env -i HOME=/root TERM="${TERM:-dumb}" $certificates \
        PATH="$cargo_home/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" \
        CARGO_HOME="$cargo_home" RUSTUP_HOME="$rustup_home" \
        sh -c 'cd /srv/onedoor && exec "$@"' sh "$@"
}

if [ $# -gt 0 ]; then
    inside "$@"
    exit
fi

echo "== ./dev run, without a display: it must say what to do"
said=$(inside ./dev run 2>&1) && { echo "try-fresh: ./dev run claims to have run" >&2; exit 1; }
echo "$said"
case "$said" in *"./dev tour"*) ;; *) echo "try-fresh: it does not say what to do" >&2; exit 1 ;; esac

echo "== ./dev test"
inside ./dev test
