// Wires the parsers of the daemons' own files into the inventory's checks, so that a line that a daemon would drop or
// misread is reported with its place in the inventory. Spec: config-and-cli.md 3 to 9.

import { parseExports } from "../../daemons/config/exports.ts";
import { parseConfig } from "../../daemons/config/parse-config.ts";
import { hasErrors, type Problem } from "../../daemons/config/problem.ts";
import { parseTopology } from "../../daemons/config/topology.ts";
import type { LineChecks } from "./check.ts";

/** The judgement of MooseFS 3.0.117's own files. Warnings of the parsers cost nothing and are passed over. */
export const daemonLineChecks: LineChecks = {
  exports: (lines) => located(parseExports(joined(lines)).problems),
  topology: (lines) => located(parseTopology(joined(lines)).problems),
  settings: (daemon, settings) => {
    const names = Object.keys(settings);
    const text = joined(Object.entries(settings).map(([name, value]) => `${name} = ${value}`));
    return errorsOf(parseConfig(daemon, text).problems).flatMap(({ line, name, message }) => {
      const key = name ?? names[line - 1];
      return key === undefined ? [] : [{ name: key, message }];
    });
  },
};

function joined(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join("");
}

function errorsOf(problems: readonly Problem[]): readonly Problem[] {
  return problems.filter(({ severity }) => severity === "error");
}

/** Line 0 is the file as a whole: worth saying, at its first line, only where no single line is wrong. */
function located(problems: readonly Problem[]): readonly { index: number; message: string }[] {
  const errors = errorsOf(problems);
  const single = errors.filter(({ line }) => line > 0);
  const shown = hasErrors(single) ? single : errors;
  return shown.map(({ line, message }) => ({ index: Math.max(0, line - 1), message }));
}
