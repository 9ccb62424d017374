// What the file-system part does by itself as time goes by: quotas, trash, sustained files, free inodes,
// sessions, waiting requests. Spec: semantics-master.md sections 16, 18.2 and 26.

import { hasClosedSustained, hasExpiredTrash, hasWaitedInode } from "./changes/trash.ts";
import type { MasterCore } from "./core.ts";
import { quotaFlag } from "./store/quotas.ts";
import type { Quota } from "./store/quotas.ts";
import { sustainedBuckets, trashBuckets } from "./store/edges.ts";
import type { Tally } from "./store/statistics.ts";

const hourSeconds = 3600;
const sessionCheckSeconds = 10;
const inodeReuseSeconds = 60;
/** After a stop of the clock or of the process, this many missed seconds of buckets are made up for. */
const secondsMadeUpMax = 60;

/** Jobs by the clock of the core. */
export class Periodic {
  readonly #core: MasterCore;
  #second: number;
  #hour: number;

  constructor(core: MasterCore) {
    this.#core = core;
    this.#second = core.now;
    this.#hour = Math.floor(core.now / hourSeconds);
  }

  /** Runs what became due. */
  tick(): void {
    const { now } = this.#core;
    if (now === this.#second) return;
    const from = now < this.#second ? now : Math.max(this.#second + 1, now - secondsMadeUpMax);
    for (let second = from; second <= now; second++) this.#everySecond(second);
    this.#second = now;
    this.#core.waiting.expire(now);
    checkQuotas(this.#core);
    const hour = Math.floor(now / hourSeconds);
    if (hour !== this.#hour) {
      this.#hour = hour;
      for (const session of this.#core.world.sessions) session.turnHour();
    }
  }

  #everySecond(second: number): void {
    emptyTrash(this.#core, second % trashBuckets);
    emptySustained(this.#core, second % sustainedBuckets);
    if (second % sessionCheckSeconds === 0) this.#core.registrar.checkSessions();
    if (second % inodeReuseSeconds === 0) freeInodes(this.#core);
  }
}

/** Purges files whose time in the trash is over; nothing is logged when there is none. */
function emptyTrash(core: MasterCore, bucket: number): void {
  if (hasExpiredTrash(core.world, core.now, bucket)) core.commit({ op: "EMPTYTRASH", bucket });
}

function emptySustained(core: MasterCore, bucket: number): void {
  if (hasClosedSustained(core.world, bucket)) core.commit({ op: "EMPTYSUSTAINED", bucket });
}

function freeInodes(core: MasterCore): void {
  const delay = core.config.inodeReuseDelay;
  if (!hasWaitedInode(core.world, core.now, delay)) return;
  forgetReservations(core);
  core.commit({ op: "FREEINODES", delay });
}

/** Whoever gets the number next must not find the room that was reserved in the file before. */
function forgetReservations({ reservations, world }: MasterCore): void {
  for (const inode of reservations.keys()) {
    if (world.nodes.type(inode) === 0) reservations.delete(inode);
  }
}

/** A soft limit that stays exceeded for the grace period becomes a hard one. */
function checkQuotas(core: MasterCore): void {
  const { quotas, statistics } = core.world;
  if (quotas.size === 0) return;
  for (const [inode, quota] of quotas.entries()) {
    const over = isSoftExceeded(quota, statistics.of(inode));
    let { softTime } = quota;
    if (over && softTime === 0) softTime = core.now;
    else if (!over) softTime = 0;
    const exceeded = softTime !== 0 && softTime + quota.gracePeriod < core.now;
    if (softTime === quota.softTime && exceeded === quota.exceeded) continue;
    core.commit({ op: "QUOTA", inode, ...quota, softTime, exceeded: exceeded ? 1 : 0 });
  }
}

function isSoftExceeded(quota: Quota, used: Tally): boolean {
  const { flags } = quota;
  return (
    ((flags & quotaFlag.softInodes) !== 0 && used.inodes > quota.softInodes) ||
    ((flags & quotaFlag.softLength) !== 0 && used.length > quota.softLength) ||
    ((flags & quotaFlag.softSize) !== 0 && used.size > quota.softSize) ||
    ((flags & quotaFlag.softRealSize) !== 0 && used.realSize > quota.softRealSize)
  );
}
