// Edits of mfshdd.cfg keep every other byte and refuse what is ambiguous. Spec: config-and-cli.md 10.1.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  addDisk,
  markForRemoval,
  removeDisk,
  unmark,
} from "../../../../daemons/config/hdd-edit.ts";
import type { DiskEdit } from "../../../../daemons/config/hdd-edit.ts";
import { parseDisks } from "../../../../daemons/config/hdd.ts";

const file = "# disks ü\r\n/mnt/hda -4GiB \r\n\n~/mnt/hdb/\t100GiB\n*</mnt/hdc";

function text(edit: DiskEdit): string {
  assert.equal(edit.kind, "edited", JSON.stringify(edit));
  return edit.kind === "edited" ? edit.text : "";
}

function why(edit: DiskEdit): string {
  assert.equal(edit.kind, "refused");
  return edit.kind === "refused" ? edit.why : "";
}

test("marking puts a star in front of one line and keeps every other byte", () => {
  assert.equal(text(markForRemoval(file, "/mnt/hda")), file.replace("/mnt/hda", "*/mnt/hda"));
  assert.equal(text(markForRemoval(file, "/mnt/hdb")), file.replace("~", "*~"));
  assert.equal(text(markForRemoval(file, "/mnt//hdb/")), file.replace("~", "*~"));
});

test("marking what is marked changes nothing", () => {
  assert.deepEqual(markForRemoval(file, "/mnt/hdc"), { kind: "unchanged" });
  assert.deepEqual(unmark(file, "/mnt/hda"), { kind: "unchanged" });
});

test("unmarking takes every star away and keeps other signs", () => {
  assert.equal(text(unmark(file, "/mnt/hdc")), file.replace("*<", "<"));
  assert.equal(text(unmark("*~*/mnt/a\n", "/mnt/a")), "~/mnt/a\n");
});

test("removing takes the whole line, also the last one without a line feed", () => {
  assert.equal(text(removeDisk(file, "/mnt/hda")), file.replace("/mnt/hda -4GiB \r\n", ""));
  assert.equal(text(removeDisk(file, "/mnt/hdc")), file.replace("*</mnt/hdc", ""));
});

test("adding ends an open last line first", () => {
  assert.equal(text(addDisk(file, { path: "/mnt/hdd" })), `${file}\n/mnt/hdd\n`);
  assert.equal(text(addDisk("", { path: "/mnt/hdd", leaveFree: "4GiB" })), "/mnt/hdd -4GiB\n");
  assert.equal(text(addDisk("/a\n", { path: "/mnt/hdd", limit: "4GiB" })), "/a\n/mnt/hdd 4GiB\n");
});

test("adding what is listed just so changes nothing, with other settings it is refused", () => {
  assert.deepEqual(addDisk(file, { path: "/mnt/hda", leaveFree: "4GiB" }), { kind: "unchanged" });
  assert.match(why(addDisk(file, { path: "/mnt/hda" })), /other settings/);
  assert.match(why(addDisk(file, { path: "/mnt/hdc" })), /line 5/);
});

test("a disk that would be read as something else is not added", () => {
  for (const path of ["", "mnt", "/", "/a b", "*/a", "/a\n/b", "#/a", "/a 4G"]) {
    assert.match(why(addDisk(file, { path })), /cannot be written/, path);
  }
  assert.match(why(addDisk(file, { path: "/x", leaveFree: "4 GiB" })), /cannot be written/);
});

test("a disk that is not listed is refused", () => {
  for (const edit of [markForRemoval, unmark, removeDisk]) {
    assert.match(why(edit(file, "/mnt/hd")), /not listed/);
    assert.match(why(edit("", "/mnt/hda")), /not listed/);
  }
});

test("a file with an error anywhere is refused, for a reload would let go of that line's disk", () => {
  const edits = [markForRemoval, unmark, removeDisk, (now: string) => addDisk(now, { path: "/n" })];
  for (const broken of ["/mnt/a\n/mnt/b # note\n", "/mnt/a\n/mnt/a/\n", "/mnt/a\n\uFFFD\n"]) {
    for (const edit of edits) why(edit(broken, "/mnt/a"));
  }
});

const disk = fc.record({
  prefix: fc.constantFrom("", "*", "~", "<", "*>", "~*"),
  size: fc.constantFrom("", " -1GiB", "\t5T ", " .5G"),
  end: fc.constantFrom("\n", "\r\n", "\n\n# note ä\n"),
});

test("mark and unmark, add and remove undo each other, and no other disk changes", () => {
  fc.assert(
    fc.property(fc.array(disk, { minLength: 1, maxLength: 5 }), fc.nat(4), (disks, pick) => {
      const whole = disks
        .map(({ prefix, size, end }, i) => `${prefix}/mnt/d${i}${size}${end}`)
        .join("");
      const path = `/mnt/d${pick % disks.length}`;
      const others = (now: string) => parseDisks(now).disks.filter((one) => one.path !== path);
      const marked = markForRemoval(whole, path);
      if (marked.kind === "edited") {
        assert.equal(text(unmark(marked.text, path)), whole);
        assert.deepEqual(others(marked.text), others(whole));
      }
      assert.equal(text(removeDisk(text(addDisk(whole, { path: "/mnt/new" })), "/mnt/new")), whole);
    }),
  );
});
