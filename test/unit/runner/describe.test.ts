// The text of actions, and that no secret is in it.

import assert from "node:assert/strict";
import { test } from "node:test";
import { run, type WriteAction } from "../../../src/runner/actions.ts";
import { describeAction, diffOfAction } from "../../../src/runner/describe.ts";
import { holdsSecret, redact } from "../../../src/secrets.ts";

const masked = [
  ["* / rw,password=open,maproot=0", "* / rw,password=***,maproot=0"],
  ["* / rw,md5pass=0123456789abcdef", "* / rw,md5pass=***"],
  ["mfsmount /mnt -o mfspassword=open -o x=1", "mfsmount /mnt -o mfspassword=*** -o x=1"],
  ["-o mfsmd5pass=0123,mfsioretries=3", "-o mfsmd5pass=***,mfsioretries=3"],
  ["AUTH_CODE = open sesame", "AUTH_CODE = ***"],
] as const;

for (const [text, shown] of masked) {
  test(`"${shown}" is all that is shown`, () => {
    assert.equal(redact(text), shown);
    assert.ok(holdsSecret(text));
    assert.equal(redact(shown), shown);
  });
}

test("the name of a password's file is no secret", () => {
  assert.equal(redact("-o mfspassfile=/root/pass"), "-o mfspassfile=/root/pass");
  assert.ok(!holdsSecret("# AUTH_CODE is not set"));
});

const write: WriteAction = {
  kind: "write",
  title: "Write it",
  path: "/etc/f",
  content: "AUTH_CODE = new\n* / rw,password=new\n",
  mode: 0o640,
  owner: "root",
  group: "root",
  present: "AUTH_CODE = old\n* / rw,password=old\n",
};

test("a difference shows that a secret changed, and neither the old nor the new one", () => {
  const diff = diffOfAction(write);
  assert.match(diff, /^-AUTH_CODE = \*\*\*$/m);
  assert.match(diff, /^\+\* \/ rw,password=\*\*\*$/m);
  assert.doesNotMatch(diff, /old|new/);
});

test("a command is shown without the secrets of its words", () => {
  const text = describeAction(run("Mount", ["mfsmount", "/mnt", "-o", "mfspassword=open"]));
  assert.equal(text, "run    mfsmount /mnt -o mfspassword=***");
});
