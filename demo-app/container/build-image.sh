#!/usr/bin/env bash
# Makes the demo application's container image: `demo-app/container/build-image.sh [IMAGE]`, after
# `./mvnw -pl demo-app -am -DskipTests package`. Without IMAGE: iocp-demo:<version of the jar>.
#
# Nothing is pulled. The base is a runtime linked from a JDK 25 (JAVA_HOME, else one under /usr/lib/jvm)
# and this machine's glibc; it holds no shell and no package manager, and is kept until the JDK, the
# modules, glibc or this script change.
set -euo pipefail
cd "$(dirname "$0")/.."
umask 022 # the image's user must be able to read what is made here

die() {
  printf 'build-image.sh: %s\n' "$*" >&2
  exit 1
}

# What Spring Boot, Tomcat, Logback and Micrometer use, and jcmd for whoever has to look into a pod.
# java.desktop is here for java.beans only: its native libraries stay out.
modules=java.base,java.desktop,java.instrument,java.logging,java.management,java.naming,java.net.http
modules+=,java.security.jgss,java.sql,java.xml,jdk.crypto.ec,jdk.jcmd,jdk.jfr,jdk.management,jdk.net
modules+=,jdk.unsupported,jdk.zipfs

is_jdk_25() {
  local feature
  [ -x "$1/bin/jlink" ] && [ -r "$1/release" ] || return 1
  feature="$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release")"
  [ "${feature:-0}" -ge 25 ]
}
find_jdk_25() {
  local candidate
  for candidate in "${JAVA_HOME:-}" /usr/lib/jvm/*; do
    if [ -n "$candidate" ] && is_jdk_25 "$candidate"; then
      printf '%s' "$candidate"
      return
    fi
  done
  return 1
}

[ "$(uname -s)" = Linux ] || die 'the base image takes its C library from this machine, so this runs on Linux only'
jdk="$(find_jdk_25)" || die 'needs a JDK 25 or newer: set JAVA_HOME to one'
docker version >/dev/null 2>&1 || die '`docker version` failed: start the engine, or point DOCKER_HOST at it'
shopt -s nullglob
jars=(target/demo-app-*.jar)
[ "${#jars[@]}" = 1 ] || die "needs exactly one target/demo-app-*.jar, found ${#jars[@]}: run ./mvnw -pl demo-app -am -DskipTests package (after clean, if there are several)"
version="${jars[0]#target/demo-app-}"
image="${1:-iocp-demo:${version%.jar}}"

libc="$(ldd "$jdk/bin/java" | sed -n 's/.*libc\.so\.6 => \(\/[^ ]*\).*/\1/p')"
[ -n "$libc" ] || die "$jdk/bin/java is not linked to glibc: use a JDK made for glibc"

# --- base -------------------------------------------------------------------------------------------
fingerprint="$(cat "$jdk/release" "$libc" container/build-image.sh | sha256sum | cut -c1-12)"
base="iocp-demo-base:$fingerprint"
if ! docker image inspect "$base" >/dev/null 2>&1; then
  root="$(mktemp -d)"
  trap 'rm -rf "$root"' EXIT
  mkdir -p "$root/opt" "$root/etc" "$root/app" "$root/tmp"

  "$jdk/bin/jlink" --add-modules "$modules" --exclude-files 'glob:/java.desktop/lib/**' \
    --no-header-files --no-man-pages --output "$root/opt/java"
  "$root/opt/java/bin/java" -Xshare:dump >/dev/null # the class archive: a third off the time to start

  # What the runtime links to, and what glibc itself opens by name to look up hosts and users.
  {
    find "$root/opt/java" -type f \( -name '*.so' -o -path '*/bin/java' \) -exec ldd {} + |
      sed -n 's/^[^/]*\(\/[^ ]*\) (0x.*/\1/p' | grep -v "^$root/"
    for name in libpthread.so.0 libdl.so.2 librt.so.1 libm.so.6 libresolv.so.2 libnss_files.so.2 libnss_dns.so.2; do
      if [ -e "${libc%/*}/$name" ]; then printf '%s\n' "${libc%/*}/$name"; fi
    done
  } | sort -u | while read -r library; do
    install -D -m 755 "$library" "$root$library"
  done

  printf 'root:x:0:0:root:/:/sbin/nologin\niocp:x:10001:10001:iocp:/app:/sbin/nologin\n' >"$root/etc/passwd"
  printf 'root:x:0:\niocp:x:10001:\n' >"$root/etc/group"
  printf 'passwd: files\ngroup: files\nhosts: files dns\n' >"$root/etc/nsswitch.conf"
  chmod 755 "$root"
  chmod 1777 "$root/tmp"
  tar -C "$root" --owner=0 --group=0 --numeric-owner --sort=name -c . |
    docker import --message 'JDK runtime linked by jlink, with glibc' - "$base" >/dev/null
fi

# --- application ------------------------------------------------------------------------------------
docker build --quiet --build-arg BASE="$base" --label "org.opencontainers.image.version=${version%.jar}" \
  --tag "$image" . >/dev/null
printf '%s\n' "$image"
