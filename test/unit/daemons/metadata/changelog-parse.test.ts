// Old shapes, numbers as C reads them, and lines that are none. Spec: changelog.md 2, 5.3, 7, 8.
// Where the specification is silent the expectations are what the real master's restore did.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { formatEntry } from "../../../../daemons/metadata/changelog-format.ts";
import { parseEntryLine } from "../../../../daemons/metadata/changelog-parse.ts";
import { samples } from "./changelog-samples.ts";

/** What a change without its time is today. */
function today(text: string): string {
  const parsed = parseEntryLine(`1|${text}`);
  if (parsed.kind === "syntax") return parsed.message;
  if (parsed.kind === "unknown") return `unknown entry '${parsed.text}'`;
  return formatEntry(parsed.entry, parsed.result);
}

const cases = {
  "spec 8: shapes of old logs mean today's": [
    ["CREATE(1,a,f,438,0,100,0):2", "CREATE(1,a,1,438,0,0,100,0):2"],
    ["CREATE(1,a,d,511,0,0,0):2", "CREATE(1,a,2,511,0,0,0,0):2"],
    ["CREATE(1,a,l,511,0,0,0):2", "CREATE(1,a,3,511,0,0,0,0):2"],
    ["CREATE(1,a,q,438,0,0,0):2", "CREATE(1,a,4,438,0,0,0,0):2"],
    ["CREATE(1,a,b,438,0,0,2049):2", "CREATE(1,a,5,438,0,0,0,2049):2"],
    ["CREATE(1,a,c,438,0,0,9):2", "CREATE(1,a,6,438,0,0,0,9):2"],
    ["CREATE(1,a,s,438,0,0,0):2", "CREATE(1,a,7,438,0,0,0,0):2"],
    ["APPEND(5,6)", "APPEND(5,6,4294967295,0)"],
    ["EMPTYTRASH():3,1", "EMPTYTRASH(4294967295):3,1,0"],
    ["EMPTYTRASH(5):3,1", "EMPTYTRASH(5):3,1,0"],
    ["EMPTYSUSTAINED():3", "EMPTYSUSTAINED(4294967295):3,0"],
    ["EMPTYRESERVED(7):3,9", "EMPTYSUSTAINED(7):3,9"],
    ["FREEINODES():3", "FREEINODES(86400):3,0,0"],
    ["FREEINODES():3,1", "FREEINODES(86400):3,1,0"],
    ["ATTR(2,420,1,2,5,6)", "ATTR(2,420,1,2,5,6,0,420)"],
    ["ATTR(2,420,1,2,5,6,4532)", "ATTR(2,420,1,2,5,6,0,4532)"],
    ["LENGTH(2,5)", "LENGTH(2,5,1)"],
    ["WRITE(2,0):7", "WRITE(2,0,1,1):7"],
    ["WRITE(2,0,0):7", "WRITE(2,0,0,1):7"],
    ["QUOTA(2,0,17,0,2,5,0,0,0,0,0,0)", "QUOTA(2,0,17,0,2,5,0,0,0,0,0,0,0)"],
    ["SETGOAL(2,10,3,1):1,2,3", "SETSCLASS(2,10,3,3,1):1,2,3"],
    ["AQUIRE(1,4)", "ACQUIRE(1,4)"],
    ["CUSTOMER():2", "SESSION():2"],
    ["CSADD(174261003,9431)", "CSDBOP(0,174261003,9431,0)"],
    ["CSDEL(174261003,9431)", "CSDBOP(1,174261003,9431,0)"],
    ["CSADD(174261003,74967)", "CSDBOP(0,174261003,9431,0)"],
  ],
  "spec 7.1.2: older groups of a snapshot are one number or numbers in bytes": [
    ["SNAPSHOT(2,3,s,0,0,5,100,18)", "SNAPSHOT(2,3,s,0,0,5,[0100],18):0,0,0,0,0,0"],
    ["SNAPSHOT(2,3,s,0,0,5,100,18):4,0,0,0,0,1", "SNAPSHOT(2,3,s,0,0,5,[0100],18):4,0,0,0,0,1"],
    [
      "SNAPSHOT(2,3,s,0,0,5,2,d%00%00%00%E9%03%00%00,18):4,0,0,0,0,1",
      "SNAPSHOT(2,3,s,0,0,5,[0100,01001],18):4,0,0,0,0,1",
    ],
    ["SNAPSHOT(2,3,s,0,0,5,2,d%00%00%00,18):4", "wrong size of groups (4 - 8 expected)"],
    ["SNAPSHOT(2,3,s,0,0,5,[],18)", "SNAPSHOT(2,3,s,0,0,5,[00],18):0,0,0,0,0,0"],
  ],
  "spec 7.4: sessions of old logs lack the checksum, the umask and the disabled commands": [
    [
      "SESADD(1,8,0,0,999,999,1,9,0,5,174260993,/mnt):1",
      "SESADD(#0,1,8,0000,0,0,999,999,1,9,0,5,0x00000000,174260993,/mnt):1",
    ],
    [
      "SESADD(1,8,0022,0,0,999,999,1,9,0,5,0x1a,174260993,/mnt):1",
      "SESADD(#0,1,8,0022,0,0,999,999,1,9,0,5,0x0000001A,174260993,/mnt):1",
    ],
    [
      "SESCHANGED(3,1,8,7,0,999,999,1,9,0,5,174260993,/mnt)",
      "SESCHANGED(3,#0,1,8,0000,7,0,999,999,1,9,0,5,0x00000000,174260993,/mnt)",
    ],
    ["SESADD(#1,1,8,00022,0,0,9,9,1,9,0,5,0x0,1,/):1", "',' expected"],
    ["SESADD(#1,1,8,0089,0,0,9,9,1,9,0,5,0x0,1,/):1", "octal number expected"],
  ],
  "spec 7.4: kinds of locks have several letters": [
    ["FLOCK(2,1,5,s)", "FLOCK(2,1,5,R)"],
    ["FLOCK(2,1,5,E)", "FLOCK(2,1,5,W)"],
    ["POSIXLOCK(2,1,5,u,0,5,1)", "POSIXLOCK(2,1,5,U,0,5,1)"],
    ["FLOCK(2,1,5,x)", "lock type expected"],
  ],
  "spec 5.3: numbers are read as the C library reads them": [
    ["PURGE(4294967297)", "PURGE(1)"],
    ["PURGE( +1)", "PURGE(1)"],
    ["PURGE(-1)", "PURGE(4294967295)"],
    ["PURGE(99999999999999999999999)", "PURGE(4294967295)"],
    ["PURGE(0012)", "PURGE(12)"],
    ["PURGE()", "PURGE(0)"],
    ["CREATE(1,a,2,511,,0,0,0):2", "CREATE(1,a,2,511,0,0,0,0):2"],
    ["CREATE(1,a,-1,511,18,0,0,0):2", "',' expected"],
    ["CREATE(1,a,256,511,18,0,0,0):2", "value too big (256 - 0-255 expected)"],
    ["CREATE(1,a,1,65536,18,0,0,0):2", "value too big (65536 - 0-65535 expected)"],
    ["UNLOCK(9007199254740991)", "UNLOCK(9007199254740991)"],
    ["UNLOCK(9007199254740992)", "value too big (9007199254740992 - 0-9007199254740991 expected)"],
  ],
  "spec 5.3: a missing character is named, and what follows the last field is not looked at": [
    ["PURGE(5", "')' expected"],
    ["PURGE(5,6)", "')' expected"],
    ["UNLINK(1,a)", "':' expected"],
    ["UNLINK(1", "',' expected"],
    ["EMPTYTRASH(5):3", "',' expected"],
    ["UNLINK(1,a):2 hello", "UNLINK(1,a):2"],
    ["PURGE(5)\n", "PURGE(5)"],
    ["SCSET(x,1,W1,K0,A0,0,0,0,1,0,0):10", "',' expected"],
    ["SCSET(x,1,W0,K0,A0,0,0,0,1):10", "'-' expected"],
    ["SCSET(x,1,K1,W1,A0,0,0,0,1):10", "'W' expected"],
  ],
  "spec 5.3: a name is matched as a prefix, and another operation is unknown, not broken": [
    ["PURGED(5)", "'(' expected"],
    ["PATADD(5)", "unknown entry 'PATADD(5)'"],
    ["", "unknown entry ''"],
    ["purge(5)", "unknown entry 'purge(5)'"],
  ],
  "spec 2: escapes are two upper-case digits, names end at NUL and have 255 bytes at most": [
    ["UNLINK(1,a%2Cb):2", "UNLINK(1,a%2Cb):2"],
    ["UNLINK(1,a%2cb):2", "hex expected"],
    ["UNLINK(1,a%2):2", "hex expected"],
    ["UNLINK(1,a%G0):2", "hex expected"],
    ["CREATE(1,a)(b,2,511,18,0,0,0):2", "CREATE(1,a%29%28b,2,511,18,0,0,0):2"],
    ["UNLINK(1,a%00b):2", "UNLINK(1,a):2"],
    ["SCDEL(a%00b):12", "SCDEL(a%00b):12"],
    ["UNLINK(1,a\nb):2", "')' expected"],
    ["UNLINK(1,a\rb):2", "')' expected"],
    ["UNLINK(1,a\0b):2", "')' expected"],
    [`UNLINK(1,${"a".repeat(256)}):2`, "')' expected"],
  ],
} as const satisfies Readonly<Record<string, readonly (readonly [string, string])[]>>;

for (const [name, rows] of Object.entries(cases)) {
  test(name, () => {
    for (const [text, expected] of rows) assert.equal(today(text), expected, text);
  });
}

test("a line needs its time and a bar", () => {
  assert.deepEqual(parseEntryLine("17:PURGE(5)"), { kind: "syntax", message: "'|' expected" });
  assert.deepEqual(parseEntryLine(""), { kind: "syntax", message: "'|' expected" });
  const unknown = { kind: "unknown", timestamp: 17, text: "PATDEL(5)" };
  assert.deepEqual(parseEntryLine("17|PATDEL(5)"), unknown);
});

test("a sample cut anywhere is read as a line or refused, and so is any noise in it", () => {
  for (const line of samples) {
    for (let size = 0; size < line.length; size++) parseEntryLine(line.slice(0, size));
  }
  const noise = fc.tuple(fc.constantFrom(...samples), fc.nat(), fc.uint8Array({ maxLength: 4 }));
  fc.assert(
    fc.property(noise, ([line, at, bytes]) => {
      const start = at % line.length;
      const text = line.slice(0, start) + Buffer.from(bytes).toString("latin1");
      const parsed = parseEntryLine(text + line.slice(start + bytes.length));
      if (parsed.kind !== "change") return;
      const again = parseEntryLine(`1|${formatEntry(parsed.entry, parsed.result)}`);
      assert.deepEqual(again, { ...parsed, timestamp: 1 });
    }),
    { numRuns: 2000 },
  );
});
