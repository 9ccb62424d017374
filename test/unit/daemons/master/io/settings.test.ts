// What the master tells of its configuration file. Spec: wire-admin.md 4.2 and 10.12.

import assert from "node:assert/strict";
import { test } from "node:test";
import { readSettings, shownOption } from "../../../../../daemons/master/io/settings.ts";
import { adminOptions, Config } from "../../../../../daemons/runtime/config.ts";

const own = adminOptions("mfsmaster");

function shown(name: string, ...lines: readonly string[]): string {
  const config = Config.parse({ daemon: "mfsmaster", text: `${lines.join("\n")}\n`, own });
  return shownOption(config, name);
}

test("spec 4.2: an option is shown as the file defines it, text or number, and no default is", () => {
  assert.equal(shown("DATA_PATH", "DATA_PATH = /srv/mfs"), "/srv/mfs");
  assert.equal(shown("MATOCL_LISTEN_PORT", "MATOCL_LISTEN_PORT = 9521"), "9521");
  assert.equal(shown("NICE_LEVEL", "NICE_LEVEL = -5"), "-5");
  for (const name of ["DATA_PATH", "MATOCL_LISTEN_PORT", "NICE_LEVEL"])
    assert.equal(shown(name), "");
});

test("spec 4.2: a value is cut to 255 bytes", () => {
  assert.equal(shown("DATA_PATH", `DATA_PATH = /${"x".repeat(300)}`), `/${"x".repeat(254)}`);
});

test("spec 10.12: names that are no options, and the word of the chunkservers, are empty", () => {
  for (const name of ["NOT_THERE", "", "__proto__", "constructor", "AUTH_CODE"])
    assert.equal(shown(name, `${name} = secret`), "", name);
  assert.equal(shown("ADMIN_LISTEN_PORT", "ADMIN_LISTEN_PORT = 1"), "");
});

test("spec 3: the word of the chunkservers ends before the first byte above 0x7F, as every value does", () => {
  const lines = ["AUTH_CODE = schl\u00fcssel", "EXPORTS_FILENAME = /nonexistent"];
  const config = Config.parse({ daemon: "mfsmaster", text: `${lines.join("\n")}\n`, own });
  const { authCode } = readSettings(config, undefined, () => undefined).chunks;
  assert.deepEqual(Buffer.from(authCode), Buffer.from("schl"));
});
