// Charts of the last minutes, hours, days and years: 38 series, each in four ranges of 4096 slots, kept in
// `stats.mfs`. Time here is local time, as the files have it. Spec: wire-admin.md section 7.

/** Every series in the order of the file: name, letters by which it is asked for, how slots are merged. */
const rows = [
  ["ucpu", "UCPU", "sum"],
  ["scpu", "SCPU", "sum"],
  ["delete", "DELC", "sum"],
  ["replicate", "REPC", "sum"],
  ["statfs", "STFS", "sum"],
  ["getattr", "GATR", "sum"],
  ["setattr", "SATR", "sum"],
  ["lookup", "LOOK", "sum"],
  ["mkdir", "MKDI", "sum"],
  ["rmdir", "RMDI", "sum"],
  ["symlink", "SLNK", "sum"],
  ["readlink", "RLNK", "sum"],
  ["mknod", "MKND", "sum"],
  ["unlink", "UNLK", "sum"],
  ["rename", "RENA", "sum"],
  ["link", "LINK", "sum"],
  ["readdir", "RDIR", "sum"],
  ["open", "OPEN", "sum"],
  ["read", "READ", "sum"],
  ["write", "WRIT", "sum"],
  ["memoryrss", "MEMR", "largest"],
  ["prcvd", "PRCV", "sum"],
  ["psent", "PSNT", "sum"],
  ["brcvd", "BRCV", "sum"],
  ["bsent", "BSNT", "sum"],
  ["memoryvirt", "MEMV", "largest"],
  ["usedspace", "USPC", "largest"],
  ["totalspace", "TSPC", "largest"],
  ["create", "NEWC", "sum"],
  ["change", "INTC", "sum"],
  ["delete_ok", "DELO", "sum"],
  ["delete_err", "DELE", "sum"],
  ["replicate_ok", "REPO", "sum"],
  ["replicate_err", "REPE", "sum"],
  ["create_ok", "NEWO", "sum"],
  ["create_err", "NEWE", "sum"],
  ["change_ok", "INTO", "sum"],
  ["change_err", "INTE", "sum"],
] as const;

/** The name of a series. */
export type Series = (typeof rows)[number][0];
/** Values of one minute; what is not there is not known. */
export type Sample = Readonly<Partial<Record<Series, bigint>>>;

/** The names in the order of the file. */
export const seriesNames: readonly Series[] = rows.map(([name]) => name);
/** Letters of the series in the order of the file. */
export const seriesLetters: readonly string[] = rows.map(([, letters]) => letters);

/** Seconds of a slot in each range. */
export const slotSeconds = [60, 360, 1800, 86_400] as const;
/** Slots of a range. */
export const slotsKept = 4096;
/** A slot of which nothing is known. */
export const noData = 0xffff_ffff_ffff_ffffn;

const fileVersion = 0x0001_0000;
const headerBytes = 16;
const nameBytes = 100;
const rangeCount = slotSeconds.length;
const valueBytes = 8;
const minuteSeconds = slotSeconds[0];
const noneYet = -1;

/** Values of one chart, newest first, with the local time at which the newest slot begins. */
export interface ChartValues {
  readonly time: number;
  readonly values: readonly bigint[];
}

/** The file is none of charts. */
export class NotChartsError extends Error {
  override readonly name = "NotChartsError";
}

/** All series in all ranges. */
export class Charts {
  /** A run of slots for each series and range, written round: `#newest` says where the newest slot is. */
  readonly #values = new BigUint64Array(rows.length * rangeCount * slotsKept).fill(noData);
  readonly #sums = new BigUint64Array(rows.length);
  readonly #newest = new Uint16Array(rangeCount);
  /** Numbers of the newest slots: local time by the slot's length. */
  readonly #slot = new Float64Array(rangeCount).fill(noneYet);

  /** Adds what a minute brought, by the local time at which it began. */
  add(localSeconds: number, sample: Sample): void {
    for (let range = 0; range < rangeCount; range++) this.#advance(range, localSeconds);
    for (const [series, [name, , merging]] of rows.entries()) {
      const value = sample[name] ?? noData;
      this.#sums[series] = BigInt.asUintN(64, (this.#sums[series] ?? 0n) + value);
      if (value === noData) continue;
      for (let range = 0; range < rangeCount; range++) {
        const place = this.#placeOf(series, range, localSeconds);
        if (place !== undefined) this.#merge(place, value, merging);
      }
    }
  }

  /** Marks the time since the newest slot as unknown, after a load. */
  resume(localSeconds: number): void {
    for (let range = 0; range < rangeCount; range++) this.#advance(range, localSeconds);
  }

  /** Values of a series, at most `entriesMax`. */
  values(series: number, range: number, entriesMax: number): ChartValues {
    const count = Math.min(entriesMax, slotsKept);
    const first = (series * rangeCount + range) * slotsKept;
    const newest = this.#newest[range] ?? 0;
    const values: bigint[] = [];
    for (let age = 0; age < count; age++) {
      values.push(this.#values[first + ((newest - age + slotsKept) % slotsKept)] ?? noData);
    }
    const slot = Math.max(0, this.#slot[range] ?? 0);
    return { time: slot * (slotSeconds[range] ?? minuteSeconds), values };
  }

  /** What all minutes since the start brought, by series; a minute of which nothing is known counts -1. */
  get sums(): readonly bigint[] {
    return Array.from(this.#sums);
  }

  /** The file. */
  encode(): Uint8Array {
    const rowBytes = nameBytes + rangeCount * slotsKept * valueBytes;
    const file = new Uint8Array(headerBytes + rows.length * rowBytes);
    const view = new DataView(file.buffer);
    const minute = Math.max(0, this.#slot[0] ?? 0);
    [fileVersion, slotsKept, rows.length, minute].forEach((word, at) => {
      view.setUint32(at * 4, word);
    });
    let offset = headerBytes;
    for (const [series, [name]] of rows.entries()) {
      new TextEncoder().encodeInto(name, file.subarray(offset, offset + nameBytes));
      offset += nameBytes;
      for (let range = 0; range < rangeCount; range++) {
        this.#encodeRange(view, offset, { series, range });
        offset += slotsKept * valueBytes;
      }
    }
    return file;
  }

  /** Takes the values of a file; series that are not ours are skipped. Throws `NotChartsError`. */
  load(file: Uint8Array): void {
    const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
    if (file.length < headerBytes || view.getUint32(0) !== fileVersion) throw notCharts("header");
    const length = view.getUint32(4);
    const count = view.getUint32(8);
    const minute = view.getUint32(12);
    const rowBytes = nameBytes + rangeCount * length * valueBytes;
    if (file.length !== headerBytes + count * rowBytes) throw notCharts("length");
    for (const [range, seconds] of slotSeconds.entries()) {
      this.#newest[range] = slotsKept - 1;
      this.#slot[range] = Math.floor((minute * minuteSeconds) / seconds);
    }
    this.#values.fill(noData);
    for (let row = 0; row < count; row++) {
      const offset = headerBytes + row * rowBytes;
      const series = seriesAt(file.subarray(offset, offset + nameBytes));
      if (series >= 0) this.#loadSeries(view, offset + nameBytes, { series, length });
    }
  }

  #advance(range: number, localSeconds: number): void {
    const slot = slotOf(range, localSeconds);
    const before = this.#slot[range] ?? noneYet;
    if (slot <= before) return;
    this.#slot[range] = slot;
    const passed = before === noneYet ? slotsKept : Math.min(slot - before, slotsKept);
    for (let step = 0; step < passed; step++) this.#clearNext(range);
  }

  #clearNext(range: number): void {
    const newest = ((this.#newest[range] ?? 0) + 1) % slotsKept;
    this.#newest[range] = newest;
    for (let series = 0; series < rows.length; series++) {
      this.#values[(series * rangeCount + range) * slotsKept + newest] = noData;
    }
  }

  /** Where the slot of this time is; `undefined` when it is older than all that are kept. */
  #placeOf(series: number, range: number, localSeconds: number): number | undefined {
    const age = (this.#slot[range] ?? 0) - slotOf(range, localSeconds);
    if (age >= slotsKept) return undefined;
    const at = ((this.#newest[range] ?? 0) - age + slotsKept) % slotsKept;
    return (series * rangeCount + range) * slotsKept + at;
  }

  #merge(place: number, value: bigint, merging: "sum" | "largest"): void {
    const before = this.#values[place] ?? noData;
    if (before === noData) this.#values[place] = value;
    else if (merging === "sum") this.#values[place] = BigInt.asUintN(64, before + value);
    else if (value > before) this.#values[place] = value;
  }

  #encodeRange(view: DataView, offset: number, at: { series: number; range: number }): void {
    const first = (at.series * rangeCount + at.range) * slotsKept;
    const oldest = (this.#newest[at.range] ?? 0) + 1;
    for (let step = 0; step < slotsKept; step++) {
      const value = this.#values[first + ((oldest + step) % slotsKept)] ?? noData;
      view.setBigUint64(offset + step * valueBytes, value);
    }
  }

  /** Ranges of another length are laid to the newest end. */
  #loadSeries(view: DataView, offset: number, row: { series: number; length: number }): void {
    const taken = Math.min(row.length, slotsKept);
    for (let range = 0; range < rangeCount; range++) {
      const from = offset + ((range + 1) * row.length - taken) * valueBytes;
      const to = (row.series * rangeCount + range + 1) * slotsKept - taken;
      for (let step = 0; step < taken; step++) {
        this.#values[to + step] = view.getBigUint64(from + step * valueBytes);
      }
    }
  }
}

function slotOf(range: number, localSeconds: number): number {
  return Math.floor(localSeconds / (slotSeconds[range] ?? minuteSeconds));
}

function seriesAt(padded: Uint8Array): number {
  const end = padded.indexOf(0);
  const name = new TextDecoder().decode(end === -1 ? padded : padded.subarray(0, end));
  return seriesNames.findIndex((known) => known === name);
}

function notCharts(what: string): NotChartsError {
  return new NotChartsError(`Cannot read charts: the ${what} is not that of a file of charts`);
}
