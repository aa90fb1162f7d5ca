"""Compares three clocks over the same bytes: the embedded engine's account, a
packet capture on the loopback interface, and the client's stamps.

    python capture.py CAPTURE.pcap TRUTH.jsonl RUN_FOLDER PORT

The capture is taken with `tcpdump -i lo --time-stamp-precision nano -w`, the
account fetched from the engine's `/truth`, and the run folder written by
`tokenometer bench`; docs/measurement.md has the commands. Needs pyarrow.
"""

import json
import pathlib
import struct
import sys

import pyarrow.parquet as parquet


def packets(path, port):
    """Each TCP packet with data, oldest first: stamp, the client's port,
    whether it comes from the server, sequence number, data. The capture shows
    loopback packets once, in Ethernet frames over IPv4."""
    data = pathlib.Path(path).read_bytes()
    assert struct.unpack_from("<I", data)[0] == 0xA1B23C4D, "no capture in nanoseconds"
    at = 24
    while at + 16 <= len(data):
        seconds, nanos, kept, whole = struct.unpack_from("<IIII", data, at)
        frame = data[at + 16 : at + 16 + kept]
        at += 16 + kept
        assert kept == whole, "a packet was cut: capture with -s 0"
        ip = frame[14:]
        tcp = ip[(ip[0] & 15) * 4 : struct.unpack_from(">H", ip, 2)[0]]
        source, target, sequence = struct.unpack_from(">HHI", tcp)
        payload = tcp[(tcp[12] >> 4) * 4 :]
        if payload and port in (source, target):
            is_answer = source == port
            client = target if is_answer else source
            yield seconds * 10**9 + nanos, client, is_answer, sequence, payload


def exchanges(path, port):
    """For each request, by its x-request-id: when its last segment was seen,
    and when the last byte of each event that bears a token was."""
    seen, running, expected = {}, {}, {}
    for stamp, client, is_answer, sequence, payload in packets(path, port):
        # Loopback neither loses nor reorders; if it did, this would say so.
        assert expected.get((client, is_answer), sequence) == sequence, "bytes out of order"
        expected[client, is_answer] = (sequence + len(payload)) % 2**32
        if not is_answer:
            name = payload.split(b"x-request-id: ")
            if len(name) == 2:
                name = name[1].split(b"\r\n")[0].decode()
                running[client] = seen[name] = {"sent": stamp, "events": [], "rest": b""}
            elif client in running and not running[client]["events"]:
                running[client]["sent"] = stamp
        elif client in running:
            exchange = running[client]
            *events, exchange["rest"] = (exchange["rest"] + payload).split(b"\n\n")
            bearing = sum(b'"text":"' in event and b'"text":""' not in event for event in events)
            exchange["events"] += [stamp] * bearing
    return seen


def ours(folder):
    """The same, as the client recorded it; named as the engine was told."""
    tables = {}
    for name in ("requests", "chunks"):
        (path,) = pathlib.Path(folder).rglob(f"{name}.parquet")
        tables[name] = parquet.read_table(path).to_pylist()
    seen = {row["request"]: {"sent": row["sent_ns"], "events": []} for row in tables["requests"]}
    for row in tables["chunks"]:
        if row["tokens"]:
            seen[row["request"]]["events"].append(row["recv_ns"])
    return {f"00000000-0000-4000-8002-{number:012x}": exchange for number, exchange in seen.items()}


def gaps(instants):
    return [later - earlier for earlier, later in zip(instants, instants[1:])]


def compare(truth, captured, told):
    """Differences in microseconds, by what is compared."""
    rows = {}

    def put(what, pairs):
        rows.setdefault(what, []).extend((one - other) / 1e3 for one, other in pairs)

    for name, line in truth.items():
        sides = captured[name]["events"], told[name]["events"]
        written = [instant for instant, tokens in line["writes"] for _ in range(tokens)]
        assert len(written) == len(sides[0]) == len(sides[1]), f"{name}: events are missing"
        sent = captured[name]["sent"], told[name]["sent"]
        for what, of in (("event", list), ("gap", gaps)):
            put(f"{what}: capture - truth", zip(of(sides[0]), of(written)))
            put(f"{what}: ours - truth", zip(of(sides[1]), of(written)))
            put(f"{what}: ours - capture", zip(of(sides[1]), of(sides[0])))
        put("sent: capture - ours", [(sent[0], sent[1])])
        put("sent: truth (arrival) - ours", [(line["arrival_ns"], sent[1])])
        ttft = sides[0][0] - sent[0], sides[1][0] - sent[1], written[0] - line["arrival_ns"]
        put("TTFT: capture - truth", [(ttft[0], ttft[2])])
        put("TTFT: ours - truth", [(ttft[1], ttft[2])])
        put("TTFT: ours - capture", [(ttft[1], ttft[0])])
    return rows


def main(capture, truth, folder, port):
    lines = (json.loads(line) for line in pathlib.Path(truth).read_text().splitlines())
    truth = {line["request"]: line for line in lines if "-8002-" in line["request"]}
    print("microseconds                       n     p50 |x|  p99 |x|  max |x|   median x")
    for what, values in compare(truth, exchanges(capture, int(port)), ours(folder)).items():
        sizes, count = sorted(map(abs, values)), len(values)
        p50, p99 = sizes[count // 2], sizes[int((count - 1) * 0.99)]
        middle = sorted(values)[count // 2]
        print(f"{what:30} {count:6} {p50:9.1f} {p99:8.1f} {sizes[-1]:8.1f} {middle:9.1f}")


main(*sys.argv[1:])
