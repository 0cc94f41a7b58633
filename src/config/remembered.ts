import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
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

/** Another build may have known other things; these are what telling people takes. */
const canTellPeople = ({
  name,
  timeZone,
  secretsDirectory,
  storage,
  notify,
  components,
  objectives,
  schedule,
}: Partial<Site>): boolean =>
  [name, timeZone, secretsDirectory, storage?.kind].every((value) => typeof value === 'string') &&
  [notify, components].every((value) => Array.isArray(value)) &&
  [objectives, schedule].every((value) => typeof value === 'object')

/**
 * @param cacheRoot folder of the caches of all sites
 * @param build which Holdfast this is: another one may understand the same text otherwise
 */
export function openRememberedSites(cacheRoot: string, build: string): RememberedSites {
  // Below a name that no site can have, at the path of the configuration itself.
  const memoryOf = (file: string) => `${join(cacheRoot, '.configurations', file)}.json`
  const read = (file: string): Partial<Memory> | undefined => {
    try {
      const memory = JSON.parse(readFileSync(memoryOf(file), 'utf8')) as Partial<Memory> | null
      return memory?.site?.file === file ? memory : undefined
    } catch {
      // Absent, torn or not ours.
      return undefined
    }
  }
  return {
    recall(file) {
      const memory = read(file)
      try {
        return memory?.build === build && readFileSync(file).equals(Buffer.from(memory.text ?? '')) ? memory.site : undefined
      } catch {
        // What is wrong with the configuration itself, reading it in full tells.
        return undefined
      }
    },
    lastKnown(file) {
      const site = read(file)?.site
      return site !== undefined && canTellPeople(site) ? site : undefined
    },
    remember(text, site) {
      try {
        // To look costs less than to write.
        if (JSON.stringify(this.recall(site.file)) === JSON.stringify(site)) return
        const memory: Memory = { build, text, site }
        mkdirSync(dirname(memoryOf(site.file)), { recursive: true, mode: 0o755 })
        const draft = `${memoryOf(site.file)}.new`
        // The configuration may be readable for its owner alone, and so is its copy.
        writeFileSync(draft, JSON.stringify(memory), { mode: 0o600 })
        renameSync(draft, memoryOf(site.file))
      } catch {
        // A read-only cache, or somebody else's: next time the configuration is read again.
      }
    },
  }
}
