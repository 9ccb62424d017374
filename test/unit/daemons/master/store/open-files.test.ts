// Pairs of sessions and inodes, against a plain set. Spec: semantics-master.md section 20.1.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { OpenFiles } from "../../../../../daemons/master/core/store/open-files.ts";

const few = fc.integer({ min: 1, max: 4 });

test("both sides of the table say what a plain set of pairs says", () => {
  const step = fc.record({ opens: fc.boolean(), session: few, inode: few });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const openFiles = new OpenFiles();
      const pairs = new Set<string>();
      for (const { opens, session, inode } of steps) {
        const pair = `${session} ${inode}`;
        const before = pairs.has(pair);
        if (opens) assert.equal(openFiles.add(session, inode), !before);
        else assert.equal(openFiles.remove(session, inode), before);
        if (opens) pairs.add(pair);
        else pairs.delete(pair);
        assert.equal(openFiles.size, pairs.size);
        for (const each of [1, 2, 3, 4]) {
          const bySession = [...openFiles.inodesOf(each)].map((other) => `${each} ${other}`);
          const byInode = [...openFiles.sessionsOf(each)].map((other) => `${other} ${each}`);
          const all = [...pairs];
          assert.deepEqual(
            new Set(bySession),
            new Set(all.filter((p) => p.startsWith(`${each} `))),
          );
          assert.deepEqual(new Set(byInode), new Set(all.filter((p) => p.endsWith(` ${each}`))));
          assert.equal(openFiles.isOpen(each), byInode.length > 0);
        }
      }
    }),
  );
});
