// Our own rules of the tree, where no linter knows them. Each failure names the file and the rule.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";

const root = path.dirname(import.meta.dirname);
const tracked = execFileSync("git", ["ls-files", "-co", "--exclude-standard"], {
  cwd: root,
  encoding: "utf8",
})
  .split("\n")
  .filter((file) => file !== "" && existsSync(path.join(root, file)));
const sources = tracked.filter((file) => /^(src|daemons|bench|test)\/.*\.ts$/.test(file));

function read(file: string): string {
  return readFileSync(path.join(root, file), "utf8");
}

/** Files that break a rule, so that one failure shows them all. */
function breaking(files: readonly string[], broken: (text: string, file: string) => boolean) {
  return files.filter((file) => broken(read(file), file));
}

test("every source file opens with a comment that says what it is for", () => {
  assert.deepEqual(
    breaking(sources, (text) => !/^(\/\/ \S|\/\*\* )/.test(text)),
    [],
  );
});

test("file names are kebab-case", () => {
  assert.deepEqual(
    sources.filter((file) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.test)?\.ts$/.test(path.basename(file))),
    [],
  );
});

test("only oclif commands have default exports, and every command has one", () => {
  const isCommand = (file: string) => file.startsWith("src/commands/");
  assert.deepEqual(
    breaking(sources, (text, file) => /^export default /m.test(text) !== isCommand(file)),
    [],
  );
});

test("no test is skipped, focused or left to do", () => {
  assert.deepEqual(
    breaking(
      sources.filter((file) => file.endsWith(".test.ts")),
      (text) =>
        /\b(?:test|it|describe|suite)\.(?:skip|only|todo)\(|\b(?:test|it)\([^)]*\{ (?:skip|only|todo):/.test(
          text,
        ),
    ),
    [],
  );
});

test("no mark of unfinished work and no switched-off check stands in the sources", () => {
  // The test's own pattern must not match itself.
  const marks = /\bTO[D]O\b|FIX[M]E|\bXX[X]\b|@ts-ign[o]re|oxlint-dis[a]ble/;
  assert.deepEqual(
    breaking(sources, (text) => marks.test(text)),
    [],
  );
});

test("daemons import nothing of the command line, and phases nothing of the hands", () => {
  const imports = (text: string) =>
    [...text.matchAll(/from "([^"]+)"/g)].map((match) => match[1] ?? "");
  const reaches = (prefix: string, target: RegExp) =>
    breaking(
      sources.filter((file) => file.startsWith(prefix)),
      (text, file) => imports(text).some((to) => target.test(path.join(path.dirname(file), to))),
    );
  assert.deepEqual(reaches("daemons/", /^src\//), []);
  assert.deepEqual(
    reaches("src/phases/", /^src\/(host|runner\/(run|perform|lease|view)|commands|cli)/),
    [],
  );
  assert.deepEqual(reaches("src/shell/", /^src\/(facts|phases|runner|commands|cli|wire)/), []);
  assert.deepEqual(reaches("src/facts/", /^src\/(phases|runner|commands|cli|runbooks)/), []);
});

test("each top folder has a README of at most thirty lines before its decisions", () => {
  for (const folder of ["src", "daemons", "test"]) {
    const text = read(`${folder}/README.md`).split(/^## Decisions/m)[0] ?? "";
    assert.ok(text.split("\n").length <= 31, `${folder}/README.md is longer than thirty lines`);
  }
});

test("dependencies have exact versions and a reason in the README", () => {
  const manifest = JSON.parse(read("package.json")) as Record<string, Record<string, string>>;
  const readme = read("README.md");
  for (const kind of ["dependencies", "optionalDependencies", "devDependencies"]) {
    for (const [name, version] of Object.entries(manifest[kind] ?? {})) {
      assert.match(version, /^\d+\.\d+\.\d+$/, `${name} has no exact version`);
      assert.ok(readme.includes(`| \`${name}\``), `the README gives no reason for ${name}`);
    }
  }
});

test("scripts and templates of scripts can be run", () => {
  for (const file of tracked.filter((each) => /^(bin\/|\.ci\/|test\/lab\/lab\.sh)/.test(each))) {
    if (!file.endsWith(".ts") && !file.endsWith(".json")) {
      assert.ok((statSync(path.join(root, file)).mode & 0o111) !== 0, `${file} is not executable`);
    }
  }
});

test("links between documents lead somewhere", () => {
  for (const file of tracked.filter((each) => each.endsWith(".md"))) {
    for (const [, target] of read(file).matchAll(/\]\((?!https?:|#)([^)#\s]+)[^)]*\)/g)) {
      const to = path.join(root, path.dirname(file), target ?? "");
      assert.ok(existsSync(to), `${file} links to ${target}, which is not there`);
    }
  }
});
