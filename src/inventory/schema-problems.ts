// Turns what Zod found into problems with words for users: one per mistake, unknown keys with what was probably meant.

import type { z } from "zod";
import { keyProblem, problem, shown, valueAt, type Path, type Problem } from "./problem.ts";
import { settingValue } from "./fields.ts";
import { describedSchema, hostSchema, inventorySchema } from "./schema.ts";
import { suggestion } from "./suggest.ts";

type Issue = z.core.$ZodIssue;
type SchemaNode = z.core.JSONSchema.JSONSchema;

/** Checks data against the schema alone. */
export function schemaProblems(data: unknown): Problem[] {
  const result = inventorySchema.safeParse(data);
  return result.success ? [] : result.error.issues.flatMap((issue) => describe(issue, data, []));
}

function describe(issue: Issue, data: unknown, parent: Path): Problem[] {
  const path = [...parent, ...issue.path] as Path;
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((name) => unknownKey([...path, name], data));
  }
  if (issue.code === "invalid_key") {
    const expected = issue.issues[0]?.message ?? "another name";
    const wrongName = `the name is ${shown(path.at(-1))}, expected ${expected}`;
    return [keyProblem(path, wrongName), ...behindWrongName(data, path)];
  }
  if (issue.code === "invalid_union") return describeUnion(issue, data, path);
  return [wrongValue(issue, data, path)];
}

/** Zod does not look behind a wrong name of a record; what stands there is checked all the same. */
function behindWrongName(data: unknown, path: Path): Problem[] {
  const schema = path.at(-2) === "hosts" ? hostSchema : settingValue;
  const result = schema.safeParse(valueAt(data, path));
  return result.success ? [] : result.error.issues.flatMap((issue) => describe(issue, data, path));
}

/** Reports the one branch whose kind of value was meant; a value of no branch's kind is one problem. */
function describeUnion(
  issue: Extract<Issue, { code: "invalid_union" }>,
  data: unknown,
  path: Path,
): Problem[] {
  const meant = issue.errors.filter(
    (branch) => !branch.some((inner) => inner.code === "invalid_type" && inner.path.length === 0),
  );
  const only = meant.length === 1 ? meant[0] : undefined;
  if (only !== undefined) return only.flatMap((inner) => describe(inner, data, path));
  const options =
    "options" in issue && issue.options !== undefined
      ? issue.options.map((option) => JSON.stringify(option)).join(" or ")
      : acceptedBy(schemaAt(path, data));
  const isSwitch = typeof valueAt(data, path) === "boolean" && path.includes("settings");
  const hint = isSwitch ? "; a switch is 1 or 0" : "";
  return [problem(path, `${whatIs(data, path)}, expected ${options}${hint}`)];
}

function wrongValue(issue: Issue, data: unknown, path: Path): Problem {
  const value = valueAt(data, path);
  let expected = issue.message;
  if (issue.code === "invalid_type" && /^(?:object|record)$/.test(issue.expected)) {
    expected = path.length === 0 ? 'a mapping with the keys "cluster", "hosts" ...' : "a mapping";
  } else if (issue.code === "invalid_type" && issue.expected === "array") expected = "a list";
  const hint =
    issue.code === "invalid_value" && typeof value === "string"
      ? suggestion(value, issue.values.map(String))
      : "";
  return problem(path, `${whatIs(data, path)}, expected ${expected}${hint}`);
}

function whatIs(data: unknown, path: Path): string {
  const parent = valueAt(data, path.slice(0, -1));
  const last = path.at(-1);
  const missing =
    last !== undefined &&
    typeof parent === "object" &&
    parent !== null &&
    !Object.hasOwn(parent, last);
  return missing ? "is missing" : `is ${shown(valueAt(data, path))}`;
}

function unknownKey(path: Path, data: unknown): Problem {
  const name = String(path.at(-1));
  const known = Object.keys(schemaAt(path.slice(0, -1), data)?.properties ?? {});
  const hint = suggestion(name, known);
  const list = `one of ${known.map((key) => JSON.stringify(key)).join(", ")}`;
  const expected = hint === "" ? list : "a known one";
  return keyProblem(path, `unknown key, expected ${expected}${hint}`);
}

/** The part of the JSON Schema that describes a path; of several forms, the one that the data there chose. */
function schemaAt(path: Path, data: unknown): SchemaNode | undefined {
  let node: SchemaNode | undefined = describedSchema();
  for (let index = 0; index <= path.length && node !== undefined; index += 1) {
    node = chosenForm(node, valueAt(data, path.slice(0, index)));
    const part = path[index];
    if (part === undefined) break;
    const next =
      typeof part === "number"
        ? node?.items
        : (node?.properties?.[part] ?? node?.additionalProperties);
    node = typeof next === "object" && !Array.isArray(next) ? next : undefined;
  }
  return node;
}

function chosenForm(node: SchemaNode, value: unknown): SchemaNode {
  const forms = (node.oneOf ?? node.anyOf ?? []).filter((form) => typeof form === "object");
  const fitting = forms.filter(
    (form) =>
      form.type === "object" &&
      Object.entries(form.properties ?? {}).every(([key, property]) => {
        const wanted = typeof property === "object" ? property.const : undefined;
        return wanted === undefined || valueAt(value, [key]) === wanted;
      }),
  );
  return fitting.length === 1 && typeof value === "object" && value !== null
    ? (fitting[0] ?? node)
    : node;
}

/** Words for what a schema with several forms accepts. */
function acceptedBy(node: SchemaNode | undefined): string {
  if (node === undefined) return "another value";
  const words = (node.anyOf ?? []).map((form) => {
    if (typeof form !== "object") return "any value";
    const expects = form["expects"];
    return typeof expects === "string" ? expects : form.type === "object" ? "a mapping" : "";
  });
  return [...new Set(words.filter((word) => word !== ""))].join(", or ") || "another value";
}
