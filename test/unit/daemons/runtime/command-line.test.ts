// Switches and actions. Spec: config-and-cli.md 1. What the real programs print is compared in test/interop.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { parseCommandLine, usage } from "../../../../daemons/runtime/command-line.ts";

function parse(...words: string[]) {
  const asked = parseCommandLine("mfsmaster", words);
  assert.equal(asked.kind, "run");
  assert.ok(asked.kind === "run");
  return asked;
}

test("spec 1: no action means start, with the defaults of all switches", () => {
  const { action, switches } = parse();
  assert.equal(action, "start");
  assert.equal(switches.lockTimeoutSeconds, 1800);
  assert.equal(switches.configFile, null);
  assert.equal(switches.foreground, false);
});

test("spec 1: actions are case-insensitive, and status is test", () => {
  assert.equal(parse("STOP").action, "stop");
  assert.equal(parse("Status").action, "test");
  assert.equal(parse("try-restart").action, "try-restart");
});

test("spec 1: switches may stand behind the action, together, or hold their argument", () => {
  const one = parse("stop", "-c", "F", "-t", "7");
  assert.deepEqual(
    [one.action, one.switches.configFile, one.switches.lockTimeoutSeconds],
    ["stop", "F", 7],
  );
  const other = parse("-fuxxcF", "test");
  const { foreground, logDefaults, verbosity, configFile } = other.switches;
  assert.deepEqual([foreground, logDefaults, verbosity, configFile], [true, true, 2, "F"]);
});

test("the text behind -f of `-ftest` is read as switches, and -t takes the rest of its word", () => {
  const { action, switches } = parse("-ftest");
  assert.deepEqual([action, switches.lockTimeoutSeconds], ["start", 0]);
});

test("spec 1: -d is an alias of -f that says so", () => {
  const { switches, notes } = parse("-d", "test");
  assert.equal(switches.foreground, true);
  assert.equal(notes, "option '-d' is deprecated - use '-f' instead\n");
});

test("spec 1: -v wins over what comes behind it", () => {
  assert.deepEqual(parseCommandLine("mfsmaster", ["-v", "-Z"]), { kind: "version" });
});

test("spec 1: two actions, an unknown one or an unknown switch give the usage", () => {
  for (const words of [
    ["a"],
    ["stop", "start"],
    [""],
    ["-h"],
    ["-e"],
    ["-s"],
    ["-c"],
    ["--help"],
  ]) {
    assert.equal(parseCommandLine("mfsmaster", words).kind, "usage", words.join(" "));
  }
});

test("spec 1: -a, -i and -x are the master's", () => {
  assert.equal(parseCommandLine("mfschunkserver", ["-a"]).kind, "usage");
  assert.doesNotMatch(usage("mfschunkserver", "P"), /-xx/);
});

test("any words are read or refused, never thrown at", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 6 }), { maxLength: 5 }), (words) => {
      assert.ok(["run", "usage", "version"].includes(parseCommandLine("mfsmaster", words).kind));
    }),
  );
});
