// Templates of remote files. A missing value is an error that names the template and the expression:
// EJS alone would print nothing there, and would write "&amp;" for "&".
import { readFileSync } from "node:fs";
import ejs from "ejs";

const folder = new URL("../../templates/", import.meta.url);
const expression = /<%=([\s\S]*?)([-_]?%>)/g;
const identifier = /^[A-Za-z_]\w*$/;

/** What a template may see: plain values by name. */
export type TemplateData = Readonly<Record<string, unknown>>;

/**
 * Renders a template from plain data; each key is a name in the template.
 *
 * @example render("LimitNOFILE=<%= nofile %>\n", { nofile: 16384 }) === "LimitNOFILE=16384\n"
 */
export function render(template: string, data: TemplateData, name = "template"): string {
  const names = Object.keys(data);
  const strange = names.find((key) => !identifier.test(key));
  if (strange !== undefined) {
    throw new Error(`Cannot render "${name}": data "${strange}", expected names of variables`);
  }
  if (/(?<!<)<%-/.test(template)) {
    throw new Error(`Cannot render "${name}": "<%-" in the template, expected "<%="`);
  }
  const shown = (value: unknown, text: string) => print(value, text, name);
  const checked = template.replace(
    expression,
    (_, text: string, end: string) =>
      `<%= __shown(${text.trim()}, ${JSON.stringify(text.trim())}) ${end}`,
  );
  return run(checked, { ...data, __shown: shown }, name);
}

/** Renders one of the files in the folder of templates. */
export function renderTemplate(file: string, data: TemplateData): string {
  return render(readFileSync(new URL(file, folder), "utf8"), data, file);
}

function run(template: string, data: TemplateData, name: string): string {
  try {
    return ejs.render(template, data, {
      filename: name,
      strict: true,
      destructuredLocals: Object.keys(data),
      escape: String,
      compileDebug: false,
    });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    if (why.startsWith("Cannot render")) throw cause;
    throw new Error(`Cannot render "${name}": ${why}`, { cause });
  }
}

/** One value as text. A line break is refused, for it would add a line to the file. */
function print(value: unknown, text: string, name: string): string {
  if (typeof value === "string") {
    if (!/[\n\r\0]/.test(value)) return value;
    throw new Error(`Cannot render "${name}": "${text}" is of several lines, expected one line`);
  }
  if (typeof value === "bigint" || (typeof value === "number" && Number.isFinite(value))) {
    return String(value);
  }
  const found = value === null || typeof value !== "object" ? String(value) : "an object";
  throw new Error(`Cannot render "${name}": "${text}" is ${found}, expected a text or a number`);
}
