// temporary
import type { Config } from "../../runtime/config.ts";
import type { DaemonContext } from "../../runtime/program.ts";
import type { MasterCore } from "../core/core.ts";
import { emptyWorld } from "../core/store/world.ts";
import type { World } from "../core/store/world.ts";
import { ChangelogFiles } from "./changelog-files.ts";
import type { PortHandler, Ports } from "./ports.ts";

export class Metadata {
  readonly world: World;
  readonly #changelog: ChangelogFiles;

  constructor(world: World, changelog: ChangelogFiles) {
    this.world = world;
    this.#changelog = changelog;
  }

  static async open(context: DaemonContext): Promise<Metadata> {
    const world = emptyWorld(Math.floor(Date.now() / 1000));
    const changelog = ChangelogFiles.open({
      folder: context.dataPath,
      nextVersion: world.metaVersion,
      settings: { saveMode: 0, backLogs: 50 },
      failed: (error) => context.requestStop(error.message, 1),
      warn: (text) => context.log.warning(text),
    });
    return new Metadata(world, changelog);
  }

  begin(core: MasterCore): void {
    if (this.world.metaId === 0n) {
      core.commit({ op: "SETMETAID", id: (BigInt(core.now) << 32n) | BigInt(core.prng.bits32()) });
    }
  }
  append(version: number, line: string): void {
    this.#changelog.append(version, line);
  }
  flush(): void {
    this.#changelog.flush();
  }
  everySecond(_core: MasterCore): void {
    this.#changelog.sync();
  }
  reconfigure(_next: Config): void {}
  async close(_core: MasterCore): Promise<void> {
    this.#changelog.close();
  }
  describe(_core: MasterCore): readonly string[] {
    return [];
  }
  health(): string | null {
    return null;
  }
  metaloggers(_ports: Ports): PortHandler {
    return {
      name: "metalogger",
      connected: () => undefined,
      ruleOf: () => undefined,
      frame: () => undefined,
      closed: () => undefined,
      watches: () => "none",
    };
  }
}

export async function restoreMetadata(_context: DaemonContext): Promise<boolean> {
  return false;
}
