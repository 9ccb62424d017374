// What a daemon counts, in Prometheus' text format 0.0.4. A series is a cell with a number: counting allocates nothing.

import { assert } from "../base/assert.ts";
import { limits } from "../base/limits.ts";

/** Values of a metric's labels. */
export type Labels = Readonly<Record<string, string>>;

/** One series that its owner counts up. */
export class Counter {
  #value = 0;

  add(count = 1): void {
    this.#value += count;
  }

  get value(): number {
    return this.#value;
  }
}

/** Gives one value at the time of a scrape. */
export type Sample = (value: number | bigint, labels?: Labels) => void;

type Kind = "counter" | "gauge";

interface Family {
  readonly name: string;
  readonly help: string;
  readonly kind: Kind;
  readonly series: Map<string, Counter>;
  readonly collect: ((sample: Sample) => void) | null;
}

const nameForm = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const labelForm = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** All metrics of a daemon. */
export class Metrics {
  readonly #families = new Map<string, Family>();

  /**
   * The series of a counter; the same one for the same labels. Keep it: the look-up is not for hot paths.
   *
   * @example const replies = metrics.counter("mfs_replies_total", "Replies sent", { kind: "LOOKUP" }); replies.add();
   */
  counter(name: string, help: string, labels: Labels = {}): Counter {
    const family = this.#families.get(name) ?? this.#declare(name, help, "counter", null);
    assert(family.kind === "counter" && family.collect === null, `${name} is no counter`);
    const key = formatLabels(labels);
    const known = family.series.get(key);
    if (known !== undefined) return known;
    const made = new Counter();
    // Beyond the limit a series counts unseen: a scrape must stay small, and a daemon must not fall for it.
    if (family.series.size < limits.metricSeries) family.series.set(key, made);
    return made;
  }

  /**
   * A gauge that is asked at each scrape.
   *
   * @example metrics.gauge("mfs_inodes", "Inodes in use", (sample) => sample(world.inodes.count))
   */
  gauge(name: string, help: string, collect: (sample: Sample) => void): void {
    this.#declare(name, help, "gauge", collect);
  }

  /** A counter that somebody else counts, asked at each scrape. */
  pulledCounter(name: string, help: string, collect: (sample: Sample) => void): void {
    this.#declare(name, help, "counter", collect);
  }

  /** The text of a scrape. */
  render(): string {
    let text = "";
    for (const family of this.#families.values()) text += renderFamily(family);
    return text;
  }

  #declare(name: string, help: string, kind: Kind, collect: Family["collect"]): Family {
    assert(nameForm.test(name), `"${name}" is no name of a metric`);
    assert(!this.#families.has(name), `metric ${name} is declared twice`);
    const family: Family = { name, help, kind, series: new Map(), collect };
    this.#families.set(name, family);
    return family;
  }
}

function renderFamily(family: Family): string {
  const help = family.help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
  let text = `# HELP ${family.name} ${help}\n# TYPE ${family.name} ${family.kind}\n`;
  for (const [labels, counter] of family.series)
    text += `${family.name}${labels} ${counter.value}\n`;
  let samples = 0;
  family.collect?.((value, labels = {}) => {
    if (++samples > limits.metricSeries) return;
    text += `${family.name}${formatLabels(labels)} ${formatValue(value)}\n`;
  });
  return text;
}

function formatValue(value: number | bigint): string {
  if (value === Infinity) return "+Inf";
  return value === -Infinity ? "-Inf" : String(value);
}

function formatLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => {
    assert(labelForm.test(name), `"${name}" is no name of a label`);
    const safe = value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
    return `${name}="${safe}"`;
  });
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}
