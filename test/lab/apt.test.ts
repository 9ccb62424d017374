// What the lab takes over from the control machine's apt, whatever that machine is.

import assert from "node:assert/strict";
import { test } from "node:test";
import { mainArchive, parseIndexTargets, sourcesList } from "./apt.ts";

test("hosts get the machine's Debian archives over plain HTTP, for their own release", () => {
  const archives = parseIndexTargets(
    [
      "https://mirror.example/debian/|trixie|main|Debian",
      "https://mirror.example/debian/|trixie|contrib|Debian",
      "http://mirror.example:81/security/|trixie-security|main|",
    ].join("\n"),
  );
  assert.equal(
    sourcesList(archives),
    "deb http://mirror.example/debian/ bookworm main\ndeb http://mirror.example:81/security/ bookworm-security main\n",
  );
  assert.equal(mainArchive(archives)?.uri.href, "https://mirror.example/debian/");
});

test("other vendors, backports and local folders are no archives for a host", () => {
  const text = [
    "https://vendor.example/apt/|stable|main|Vendor",
    "http://mirror.example/debian/|bookworm-backports|main|Debian",
    "file:/srv/debian/|bookworm|main|Debian",
    "",
  ].join("\n");
  assert.deepEqual(parseIndexTargets(text), []);
});
