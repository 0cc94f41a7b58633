import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { listOf, number, object, text, type Shape } from '../disk/shape.ts'
import { defineStateFile } from '../disk/state-file.ts'
import type { Site } from '../domain/site.ts'

/**
 * Configurations as they were understood before. To read and check one costs more than a whole start of Node, and `status`
 * shall not pay that at every prompt. It is for looking only: whether a repository lies inside a source depends on the file
 * system too, so whatever acts reads and checks anew.
 */
export interface RememberedSites {
  /** What a configuration means, if this very build understood the very same text of this file before. */
  recall(file: string): Site | undefined
  /** What it meant when it was understood last, be it by another build: for telling people that it isn't any more. */
  lastKnown(file: string): Site | undefined
  /** Notes what was understood. A cache that can't be written is no reason to fail. */
  remember(text: string, site: Site): void
}

interface Memory {
  readonly build: string
  readonly text: string
  readonly site: Site
}

/**
 * What telling people takes, and the frame of the rest: the very same build wrote what `recall` gives back, and another build may have known
 * other things.
 */
const site = object<Pick<Site, 'name' | 'timeZone' | 'file' | 'secretsDirectory' | 'patience'> & Loose>({
  name: text,
  timeZone: text,
  file: text,
  secretsDirectory: text,
  patience: number(),
  storage: object({ kind: text }),
  engines: object({ restic: text, pgbackrest: text }),
  objectives: object({ rpo: number(), rto: number() }),
  schedule: object({ backup: text, drill: text, heartbeat: text, summary: text }),
  notify: listOf(object({ kind: text })),
  contacts: listOf(text),
  components: listOf(
    object({
      name: text,
      source: object({ kind: text }),
      location: object({ kind: text }),
      retention: object({}),
      deadline: number(),
    }),
  ),
}) as Shape<unknown> as Shape<Site>

type Loose = Readonly<Record<'storage' | 'engines' | 'objectives' | 'schedule' | 'notify' | 'contacts' | 'components', unknown>>

export const rememberedConfigurations = defineStateFile<Memory>({
  what: 'a configuration as it was understood',
  version: 1,
  shape: object<Memory>({ build: text, text, site }),
  // The configuration may be readable for its owner alone, and so is its copy.
  mode: 0o600,
  folderMode: 0o755,
  keep: 'cache',
  whenUnusable: 'ignored',
})

/**
 * @param cacheRoot folder of the caches of all sites
 * @param build which Holdfast this is: another one may understand the same text otherwise
 */
export function openRememberedSites(cacheRoot: string, build: string): RememberedSites {
  // Below a name that no site can have, at the path of the configuration itself.
  const memoryOf = (file: string) => `${join(cacheRoot, '.configurations', file)}.json`
  const read = (file: string): Memory | undefined => {
    const memory = rememberedConfigurations.read(memoryOf(file))
    return memory?.site.file === file ? memory : undefined
  }
  return {
    recall(file) {
      const memory = read(file)
      try {
        return memory?.build === build && readFileSync(file).equals(Buffer.from(memory.text)) ? memory.site : undefined
      } catch {
        // What is wrong with the configuration itself, reading it in full tells.
        return undefined
      }
    },
    lastKnown: (file) => read(file)?.site,
    remember(content, understood) {
      try {
        // To look costs less than to write.
        if (JSON.stringify(this.recall(understood.file)) === JSON.stringify(understood)) return
        rememberedConfigurations.write(memoryOf(understood.file), { build, text: content, site: understood })
      } catch {
        // A read-only cache, or somebody else's: next time the configuration is read again.
      }
    },
  }
}
