// The sessions of the model test, each from an address of its own, so that its export is a row of its own.

import { sessionFlag } from "../../daemons/master/core/client.ts";
import type { ExportsRow } from "../../daemons/master/core/sessions/exports-choice.ts";
import type { NaiveTerms } from "./naive-types.ts";
import { bytes } from "./plain.ts";

/** The directory that one session is rooted in. */
export const subfolder = "sub";
const network = 0x0a09_0000;

const plainTerms: Omit<NaiveTerms, "rootInode"> = {
  readOnly: false,
  ignoreGroups: false,
  admin: false,
  mapAll: false,
  umask: 0,
  rootUid: 0,
  rootGid: 0,
  mapAllUid: 999,
  mapAllGid: 999,
  goalMin: 1,
  goalMax: 9,
  trashTimeMin: 0,
  trashTimeMax: 0xffff_ffff,
  disables: 0,
};

/** Who mounts what, and how. */
export interface Role {
  readonly address: number;
  readonly place: "root" | "subfolder" | "meta";
  readonly terms: Omit<NaiveTerms, "rootInode">;
}

/** Bits that some session may not do: chmod, symlink, rmdir, move, truncate, set trash time. */
const someDisabled = (1 << 1) | (1 << 2) | (1 << 8) | (1 << 10) | (1 << 16) | (1 << 20);
/** Create, unlink, rename, write, set length, set ACL, snapshot. */
const othersDisabled =
  (1 << 12) | (1 << 7) | (1 << 9) | (1 << 15) | (1 << 17) | (1 << 24) | (1 << 19);

const wanted: readonly [Role["place"], Partial<NaiveTerms>][] = [
  ["root", { admin: true }],
  ["root", {}],
  ["root", { admin: true }],
  ["root", { readOnly: true }],
  ["root", { mapAll: true, mapAllUid: 1000, mapAllGid: 100, rootUid: 1000, rootGid: 100 }],
  ["root", { rootUid: 1001, rootGid: 200, admin: true }],
  ["subfolder", { admin: true }],
  ["subfolder", { umask: 0o22 }],
  ["root", { ignoreGroups: true }],
  ["root", { disables: someDisabled }],
  ["root", { disables: othersDisabled, admin: true }],
  ["root", { goalMin: 2, goalMax: 3, trashTimeMin: 3600, trashTimeMax: 7200, umask: 0o27 }],
  ["meta", {}],
  ["meta", { readOnly: true }],
];

export const roles: readonly Role[] = wanted.map(([place, terms], index) => ({
  address: network + index,
  place,
  terms: { ...plainTerms, ...terms, ...(place === "meta" ? metaMaps() : {}) },
}));

/** Meta sessions map nobody. */
function metaMaps() {
  return { rootUid: 0, rootGid: 0, mapAllUid: 0, mapAllGid: 0 };
}

/** The exports that give these terms. */
export const exportsOfRoles: readonly ExportsRow[] = roles.map(({ address, place, terms }) => {
  const { readOnly, ignoreGroups, admin, mapAll, ...others } = terms;
  return {
    ...others,
    fromAddress: address,
    toAddress: address,
    minVersion: 0,
    meta: place === "meta",
    path: bytes(""),
    allDirs: true,
    passwordDigest: null,
    rootRedefined: true,
    sessionFlags:
      (readOnly ? sessionFlag.readOnly : 0) |
      (ignoreGroups ? sessionFlag.ignoreGid : 0) |
      (admin ? sessionFlag.admin : 0) |
      (mapAll ? sessionFlag.mapAll : 0),
  };
});
