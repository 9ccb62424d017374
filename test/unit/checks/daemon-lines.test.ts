// The inventory's lines and settings as the daemons would take them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { daemonLineChecks } from "../../../src/inventory/daemon-lines.ts";
import { problemsIn, validText } from "../inventory/inventory-text.ts";

test("a valid inventory passes the daemons' own rules", () => {
  assert.deepEqual(problemsIn(validText, daemonLineChecks), []);
});

test("a line that the master would drop is found by its index", () => {
  const findings = daemonLineChecks.exports(["* / rw", "10.0.0.300 / rw", "* / rw,nosuchoption"]);
  assert.deepEqual(
    findings.map(({ index }) => index),
    [1, 2],
  );
});

test("exports that hold comments only are found at their first line", () => {
  const findings = daemonLineChecks.exports(["# nothing", "# here"]);
  assert.deepEqual(
    findings.map(({ index }) => index),
    [0],
  );
});

test("a topology line without a rack is found, one with a rack is not", () => {
  const findings = daemonLineChecks.topology(["10.0.1.0/24 rack1", "10.0.2.0/24"]);
  assert.deepEqual(
    findings.map(({ index }) => index),
    [1],
  );
});

test("a misspelled setting and one out of its range are found by name", () => {
  const findings = daemonLineChecks.settings("mfsmaster", {
    CHUNKS_LOOP_MIN_TIM: 300,
    BACK_LOGS: 9999,
    MATOCL_LISTEN_PORT: 9421,
  });
  assert.deepEqual(findings.map(({ name }) => name).toSorted(), [
    "BACK_LOGS",
    "CHUNKS_LOOP_MIN_TIM",
  ]);
});

test("a wrong setting of one host is located in that host", () => {
  const text = `${validText}    settings: { mfschunkserver: { HDD_TEST_SPED: 1 } }\n`;
  const [problem, ...rest] = problemsIn(text, daemonLineChecks);
  assert.deepEqual(rest, []);
  assert.match(problem ?? "", /hosts\.cm01\.settings\.mfschunkserver\.HDD_TEST_SPED/);
});
