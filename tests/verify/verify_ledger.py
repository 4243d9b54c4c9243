#!/usr/bin/env python3
"""Verifies an exported change log of Schoolgate; a second implementation of FORMAT.md.

It shares no code with the gateway and needs nothing but Python's standard library.

    verify_ledger.py EXPORT [--fingerprint TEXT] [--key FILE] [--checkpoint FILE] [--json]

Ends with 0 when everything holds, 1 when something was altered, 2 when it was called wrongly.
"""

import argparse
import base64
import binascii
import functools
import hashlib
import hmac
import json
import struct
import sys

FOUNDING, ERASURE, KEY_ROTATED = 1, 50, 53
FIRST_LINE = b"schoolgate ledger export 1\n"
LEAF = 78
EARLIEST, LATEST = -377_705_000_000_000, 253_402_200_000_000
PAYLOAD_FRAME = 45


class Altered(Exception):
    """Something is not what was once written."""


class BadEntry(Altered):
    """Names the first bad entry."""

    def __init__(self, entry, fault):
        super().__init__(f"entry {entry} is bad: {fault}")
        self.entry, self.fault = entry, fault


# --- Ed25519, RFC 8032 -----------------------------------------------------------------------

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
NEUTRAL = (0, 1, 1, 0)


def add(a, b):
    (x1, y1, z1, t1), (x2, y2, z2, t2) = a, b
    m, n = (y1 - x1) * (y2 - x2) % P, (y1 + x1) * (y2 + x2) % P
    c, d = 2 * t1 * t2 * D % P, 2 * z1 * z2 % P
    e, f, g, h = n - m, d - c, d + c, n + m
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(number, point):
    sum_ = NEUTRAL
    while number:
        if number & 1:
            sum_ = add(sum_, point)
        point = add(point, point)
        number >>= 1
    return sum_


def same(a, b):
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0


def point(octets):
    """Reads a point in its one encoding; None for anything else."""
    y = int.from_bytes(octets, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if square == 0:
        return None if sign else (0, y, 1, 0)
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P:
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


BASE = point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


@functools.cache
def signed(key, message, signature):
    a, r = point(key), point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= ORDER:
        return False
    # A key or nonce of small order would make one signature hold for many messages.
    if same(times(8, a), NEUTRAL) or same(times(8, r), NEUTRAL):
        return False
    digest = hashlib.sha512(signature[:32] + key + message).digest()
    h = int.from_bytes(digest, "little") % ORDER
    return same(times(s, BASE), add(r, times(h, a)))


# --- keys and heads --------------------------------------------------------------------------


def unbase64(text):
    """Reads base64 in its one spelling; None for anything else."""
    try:
        octets = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return None
    return octets if base64.b64encode(octets).decode() == text else None


class Key:
    """A public key, `<origin>+<key id>+<base64>`."""

    def __init__(self, text):
        origin, first, rest = text.partition("+")
        id_text, second, encoded = rest.partition("+")
        octets = unbase64(encoded)
        if not (origin and first and second) or octets is None or len(octets) != 33 or octets[0] != 1:
            raise ValueError("no public key")
        self.text, self.origin, self.octets = text, origin, octets[1:]
        self.id = hashlib.sha256(origin.encode() + b"\n" + octets).digest()[:4]
        if self.id.hex() != id_text or point(self.octets) is None:
            raise ValueError("no public key")

    def fingerprint(self):
        digits = hashlib.sha256(self.text.encode()).hexdigest()
        return " ".join(digits[at : at + 4] for at in range(0, 64, 4))


class Head:
    """A signed statement of size and root."""

    def __init__(self, text):
        lines = text.split("\n")
        if len(lines) != 6 or lines[3] or lines[5] or not lines[1].isascii() or not lines[1].isdigit():
            raise ValueError("no head")
        self.origin, self.size = lines[0], int(lines[1])
        root, start = unbase64(lines[2]), "\u2014 " + self.origin + " "
        signature = unbase64(lines[4][len(start) :]) if lines[4].startswith(start) else None
        if root is None or signature is None or len(root) != 32 or len(signature) != 68:
            raise ValueError("no head")
        if lines[1] != str(self.size) or self.size >= 1 << 64:
            raise ValueError("no head")
        self.root, self.signer, self.signature = root, signature[:4], signature[4:]
        self.text = text

    def signed_by(self, key):
        if self.origin != key.origin or self.signer != key.id:
            return False
        body = "\n".join(self.text.split("\n")[:3]) + "\n"
        return signed(key.octets, body.encode(), self.signature)


def head_length(origin, size):
    name = len(origin.encode())
    return name + 1 + len(str(size)) + 1 + 45 + 1 + (3 + 1 + name + 1 + 92 + 1)


# --- the tree --------------------------------------------------------------------------------


def node(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """The complete subtrees of a growing tree, the largest first."""

    def __init__(self):
        self.size, self.peaks = 0, []

    def push(self, leaf):
        hash_, size = hashlib.sha256(b"\x00" + leaf).digest(), self.size
        while size & 1:
            hash_ = node(self.peaks.pop(), hash_)
            size >>= 1
        self.peaks.append(hash_)
        self.size += 1

    def root(self):
        if not self.peaks:
            return hashlib.sha256(b"").digest()
        right = self.peaks[-1]
        for left in reversed(self.peaks[:-1]):
            right = node(left, right)
        return right


# --- entries ---------------------------------------------------------------------------------


def read_leaf(record):
    """Gives number, time, kind, mark of a clock set back, commitment; None for other bytes."""
    length, version, index, time, kind, actor = struct.unpack(">HBQqHB", record[:22])
    name, has_version, policy, behind = record[22:38], record[38], record[39:47], record[47]
    right = length == LEAF and version == 1 and EARLIEST <= time <= LATEST
    right = right and has_version <= 1 and behind <= 1 and (has_version or policy == bytes(8))
    right = right and actor <= 2 and (actor != 0 or name == bytes(16))
    right = right and (actor != 2 or name[:12] == bytes(12))
    return (index, time, kind, behind, record[48:80]) if right else None


def sections(export):
    if not export.startswith(FIRST_LINE):
        raise Altered("not an exported change log: the first line is another one")
    at, found = len(FIRST_LINE), []
    for name in (b"PKEY", b"LEAF", b"PAYL", b"HEAD"):
        if export[at : at + 4] != name or len(export) < at + 12:
            raise Altered(f"section {name.decode()} is missing or cut short")
        (length,) = struct.unpack(">Q", export[at + 4 : at + 12])
        at += 12
        if length > len(export) - at:
            raise Altered(f"section {name.decode()} is cut short")
        found.append(export[at : at + length])
        at += length
    if at != len(export):
        raise Altered(f"{len(export) - at} bytes follow the last section")
    return found


class Log:
    """One pass over an export."""

    def __init__(self, export):
        key, self.leaves, self.payloads, self.heads = sections(export)
        try:
            if not key.endswith(b"\n"):
                raise ValueError("no line")
            self.founding = Key(key[:-1].decode())
        except ValueError:
            raise Altered("the public key in the export was altered") from None
        # Each key with the size of the first head that it signs.
        self.keys = [(0, self.founding)]
        self.tree, self.last_time, self.head = Tree(), None, None
        # Lengths by entry: of destroyed payloads, and those that erasures speak of.
        self.erased, self.said_erased, self.roots = {}, {}, {}

    def key_at(self, size):
        return [key for start, key in self.keys if start <= size][-1]

    def walk(self, remembered):
        leaf_at = payload_at = head_at = 0
        if remembered == 0:
            self.roots[0] = self.tree.root()
        while leaf_at < len(self.leaves) or payload_at < len(self.payloads) or head_at < len(self.heads):
            entry = self.tree.size
            record = self.leaves[leaf_at : leaf_at + LEAF + 2]
            length = head_length(self.founding.origin, entry + 1)
            if len(record) < LEAF + 2:
                spoken_of = len(self.heads) - head_at >= length
                raise BadEntry(entry, "the log is cut off here" if spoken_of else "bytes follow that belong to no entry")
            leaf = read_leaf(record)
            if leaf is None:
                raise BadEntry(entry, "its leaf was altered")
            if leaf[0] != entry:
                raise BadEntry(entry, f"entry {leaf[0]} stands in its place, or its number was altered")
            self.check_head(entry, self.heads[head_at : head_at + length])
            self.tree.push(record[2:])
            if self.tree.root() != self.head.root:
                raise BadEntry(entry, "its leaf was altered")
            if (entry == 0) != (leaf[2] == FOUNDING):
                raise BadEntry(entry, "a founding is the first entry and no other")
            if leaf[3] != (self.last_time is not None and leaf[1] < self.last_time):
                raise BadEntry(entry, "its mark of a clock set back does not agree with its time")
            self.last_time = leaf[1]
            payload_at += self.check_payload(entry, leaf, payload_at)
            leaf_at, head_at = leaf_at + LEAF + 2, head_at + length
            if self.tree.size == remembered:
                self.roots[remembered] = self.tree.root()
        both = sorted(self.erased.keys() | self.said_erased.keys())
        for entry in both:
            if entry not in self.said_erased:
                raise BadEntry(entry, "its payload was destroyed, and no later entry says so")
            if entry not in self.erased:
                raise BadEntry(entry, "its payload is still there, and a later entry says that it was erased")
            if self.erased[entry] != self.said_erased[entry]:
                raise BadEntry(entry, "its erased payload has another length than it had")

    def check_head(self, entry, text):
        try:
            head = Head(text.decode())
        except ValueError:
            raise BadEntry(entry, "the head that was signed with it was altered or is missing") from None
        if head.size != entry + 1 or not head.signed_by(self.key_at(entry + 1)):
            raise BadEntry(entry, "the head that was signed with it was altered or is missing")
        self.head = head

    def check_payload(self, entry, leaf, at):
        frame = self.payloads[at : at + PAYLOAD_FRAME]
        if not frame:
            raise BadEntry(entry, "its payload is missing")
        if len(frame) < PAYLOAD_FRAME:
            raise BadEntry(entry, "its payload was altered")
        state, index, size = struct.unpack(">BQI", frame[:13])
        key, payload = frame[13:], self.payloads[at + PAYLOAD_FRAME : at + PAYLOAD_FRAME + size]
        if len(payload) != size or index != entry:
            raise BadEntry(entry, "its payload was altered, or another stands in its place")
        if state == 2 and not any(key) and not any(payload):
            if leaf[2] in (FOUNDING, ERASURE, KEY_ROTATED):
                raise BadEntry(entry, "its payload was destroyed")
            self.erased[entry] = size
        elif state != 1 or hmac.new(key, payload, hashlib.sha256).digest() != leaf[4]:
            raise BadEntry(entry, "its payload was altered")
        else:
            self.take_in(entry, leaf[2], payload)
        return PAYLOAD_FRAME + size

    def take_in(self, entry, kind, payload):
        if kind not in (ERASURE, KEY_ROTATED):
            return
        try:
            said = json.loads(payload)
        except ValueError:
            said = None
        said = said if isinstance(said, dict) else {}
        if kind == ERASURE:
            erased, lengths = said.get("erased"), said.get("lengths")
            if isinstance(erased, list) and isinstance(lengths, list):
                for number, length in zip(erased, lengths):
                    if type(number) is type(length) is int and 0 <= number < entry and length >= 0:
                        self.said_erased.setdefault(number, length)
            return
        try:
            key = Key(said.get("key"))
        except (ValueError, AttributeError):
            raise BadEntry(entry, "it replaces the key, and names no key") from None
        if key.origin != self.founding.origin or any(key.text == other.text for _, other in self.keys):
            raise BadEntry(entry, "it replaces the key, and names no new key of this log")
        self.keys.append((entry + 2, key))


def verify(export, fingerprint, outside):
    log = Log(export)
    log.walk(outside.size if outside else None)
    if log.head is None:
        raise Altered("the log has no entries at all")
    size = log.tree.size
    prints = [key.fingerprint() for start, key in log.keys if start <= size]
    if fingerprint is not None and fingerprint not in prints:
        raise Altered(f"the log was signed with another key: {prints[0]}")
    if outside:
        if not outside.signed_by(log.key_at(outside.size)):
            raise Altered("the head kept elsewhere was not signed with a key of this log")
        if outside.size > size:
            raise Altered(f"the log was cut off: the head kept elsewhere speaks of {outside.size} entries, here are {size}")
        if log.roots[outside.size] != outside.root:
            raise Altered(f"the log was rewritten: its first {outside.size} entries are not those of the head kept elsewhere")
    return {
        "verified": True,
        "entries": size,
        "erased": len(log.erased),
        "witnessed": outside.size if outside else None,
        "root": log.head.root.hex(),
        "fingerprint": prints[0],
        "keys": len(log.keys),
    }


def main():
    asked = argparse.ArgumentParser(description="Verifies an exported change log of Schoolgate.")
    asked.add_argument("export", nargs="+", help="files made by `schoolgate audit export`")
    asked.add_argument("--fingerprint", help="the fingerprint from the safe")
    asked.add_argument("--key", help="a file with the public key")
    asked.add_argument("--checkpoint", help="a file with a head that was kept elsewhere")
    asked.add_argument("--json", action="store_true", help="one JSON object a file")
    asked = asked.parse_args()
    outside = fingerprint = None
    try:
        if asked.checkpoint:
            with open(asked.checkpoint, "rb") as file:
                outside = Head(file.read().decode().replace("\r", "").strip() + "\n")
        if asked.key:
            with open(asked.key, "rb") as file:
                fingerprint = Key(file.read().decode().strip()).fingerprint()
    except (OSError, ValueError) as error:
        print(f"key or head cannot be read: {error}", file=sys.stderr)
        return 2
    if asked.fingerprint:
        fingerprint = " ".join(asked.fingerprint.lower().split())
    code = 0
    for path in asked.export:
        try:
            with open(path, "rb") as file:
                found = verify(file.read(), fingerprint, outside)
            words = f"{found['entries']} entries, all in order; " + (
                f"the first {found['witnessed']} agree with the head kept elsewhere" if outside else "unwitnessed: no head that was kept elsewhere was named"
            )
        except OSError as error:
            print(f"{path}: {error.strerror}", file=sys.stderr)
            return 2
        except Altered as error:
            code, words = 1, str(error)
            found = {"verified": False, "entry": getattr(error, "entry", None), "error": words}
        print(json.dumps(found) if asked.json else f"{path}: {words}")
    return code


if __name__ == "__main__":
    sys.exit(main())
