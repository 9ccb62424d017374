// Templates: what EJS would print silently is an error here.
import assert from "node:assert/strict";
import { test } from "node:test";
import { render, renderTemplate } from "../../../src/render/render.ts";

test("values are printed as they are, without HTML entities", () => {
  assert.equal(
    render("<%= a %> <%=b%> <%= c.d %>\n", { a: `<&"'>`, b: 5, c: { d: 7n } }),
    `<&"'> 5 7\n`,
  );
});

test("a missing value names the template and the expression", () => {
  const data = { host: { name: "a" }, nothing: null };
  assert.throws(() => render("x\n<%= host.port %>", data, "unit.ejs"), {
    message: 'Cannot render "unit.ejs": "host.port" is undefined, expected a text or a number',
  });
  assert.throws(() => render("<%= nothing %>", data, "unit.ejs"), /"nothing" is null/);
  assert.throws(
    () => render("<%= absent %>", data, "unit.ejs"),
    /Cannot render "unit.ejs": absent is not defined/,
  );
});

test("an object, a truth value or no number is no text", () => {
  assert.throws(() => render("<%= a %>", { a: { b: 1 } }), /"a" is an object/);
  assert.throws(() => render("<%= a %>", { a: true }), /"a" is true/);
  assert.throws(() => render("<%= a %>", { a: Number.NaN }), /"a" is NaN/);
});

test("a value of several lines cannot add lines to a file", () => {
  for (const a of ["x\ny", "x\r", "x\0"])
    assert.throws(() => render("<%= a %>", { a }), /expected one line/);
});

test("raw output is forbidden", () => {
  assert.throws(
    () => render("<%- a %>", { a: "x" }, "unit.ejs"),
    /"unit.ejs": "<%-" in the template/,
  );
});

test("templates run in strict mode and see only their data", () => {
  assert.throws(() => render("<% b = 1 %>", { a: 1 }), /b is not defined/);
  assert.throws(() => render("<% with (a) {} %>", { a: {} }), /Cannot render/);
  assert.throws(() => render("x", { "a-b": 1 }), /names of variables/);
});

test("control flow and trimmed line ends work", () => {
  const template = "<% for (const one of list) { -%>\n<%= one %>;\n<% } -%>\nend\n";
  assert.equal(render(template, { list: ["a", "b"] }), "a;\nb;\nend\n");
  assert.equal(render("<%= a -%>\nb\n", { a: 1 }), "1b\n");
});

test("templates are found by their file name", () => {
  assert.match(
    renderTemplate("mfshdd.cfg.ejs", { cluster: "c", lines: ["/mnt/a"] }),
    /^\/mnt\/a$/m,
  );
});
