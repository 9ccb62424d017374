// Small tables: status codes, versions, addresses, and the 4.x form of INFO.

import assert from "node:assert/strict";
import { test } from "node:test";
import { formatIpv4, parseIpv4 } from "../../../../daemons/protocol/address.ts";
import { hexdump, quoteText } from "../../../../daemons/protocol/describe.ts";
import { InfoAnswer } from "../../../../daemons/protocol/packets/admin.ts";
import { ConfigValue } from "../../../../daemons/protocol/packets/any.ts";
import { statusCode, statusOf } from "../../../../daemons/protocol/status.ts";
import { formatVersion, spokenVersion } from "../../../../daemons/protocol/version.ts";

test("spec wire-client-master-1 7: every status stands at its own number", () => {
  for (let code = 0; code <= 53; code++) assert.equal(statusOf(code).code, code);
  assert.deepStrictEqual(statusOf(34), {
    code: 34,
    name: "QUOTA",
    text: "Quota exceeded",
    errno: "EDQUOT",
  });
  assert.equal(statusCode("ACTIVE"), 42);
  assert.equal(statusOf(54).text, "Unknown MFS error");
  assert.equal(statusOf(255).code, 255);
});

test("spec wire-admin 1.4: the last number of a version is doubled from 2.0 on", () => {
  assert.equal(formatVersion(spokenVersion), "3.0.117");
  assert.equal(formatVersion(spokenVersion + 1), "3.0.117 PRO");
  assert.equal(formatVersion(0x01_06_1b), "1.6.27");
});

test("spec wire-admin 3.1: the lengths of 4.x give the version and nothing else", () => {
  for (const length of [173, 181, 193, 205]) {
    const body = new Uint8Array(length).fill(0xff);
    body.set([0, 4, 57, 10]);
    const answer = InfoAnswer.decode(body);
    assert.equal(answer.variant, "newer");
    assert.equal(formatVersion(answer.version), "4.57.5");
  }
  for (const length of [0, 101, 137, 148, 150, 172, 185, 206]) {
    assert.throws(() => InfoAnswer.decode(new Uint8Array(length)), { name: "ProtocolError" });
  }
});

test("addresses go both ways, and what is none is refused", () => {
  assert.equal(formatIpv4(0xff_00_00_01), "255.0.0.1");
  assert.equal(parseIpv4("255.0.0.1"), 0xff_00_00_01);
  for (const text of ["", "1.2.3", "1.2.3.256", "01.2.3.4", "1.2.3.4.5", "a.b.c.d"]) {
    assert.equal(parseIpv4(text), undefined);
  }
});

test("log lines are cut, printable and without secrets", () => {
  assert.equal(hexdump(Uint8Array.of(1, 2, 255), 2), "01 02 … (+1 bytes)");
  assert.equal(quoteText("a\n\u001b[31m"), '"a\\n\\u001b[31m"');
  assert.ok(!ConfigValue.describe({ messageId: 1, value: "hunter2" }).includes("hunter2"));
});
