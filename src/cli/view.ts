import { join, resolve } from 'node:path'
import type { SiteView } from '../app/site/context.ts'
import { openRememberedSites, type RememberedSites } from '../state/remembered-sites.ts'
import { systemClock } from '../domain/clock.ts'
import type { Site } from '../domain/site.ts'
import { openJournal } from '../state/journal/journal.ts'
import { openPointCache } from '../state/point-cache.ts'
import { linuxKernel } from '../machine/kernel.ts'
import { configurationFile, type GlobalOptions } from './options.ts'
import { build } from './version.ts'

export const stateRoot = (): string => resolve(process.env['HOLDFAST_STATE_DIR'] ?? '/var/lib/holdfast')
export const cacheRoot = (): string => resolve(process.env['HOLDFAST_CACHE_DIR'] ?? '/var/cache/holdfast')
export const runtimeRoot = (): string => resolve(process.env['HOLDFAST_RUNTIME_DIR'] ?? usualRuntimeRoot())

/** As systemd has it: one for root, one for each user. */
const usualRuntimeRoot = (): string =>
  process.getuid?.() === 0
    ? '/run/holdfast'
    : join(process.env['XDG_RUNTIME_DIR'] ?? `/run/user/${process.getuid?.()}`, 'holdfast')

export const stateOf = (site: Site): string => join(stateRoot(), site.name)
export const cacheOf = (site: Site): string => join(cacheRoot(), site.name)

export const rememberedSites = (): RememberedSites => openRememberedSites(cacheRoot(), build)

/** The view of a configuration that was understood before; undefined when it has to be read anew. For looking only. */
export function rememberedView(options: GlobalOptions): SiteView | undefined {
  const site = rememberedSites().recall(configurationFile(options))
  return site && viewOf(site)
}

/** The configuration as it was understood last, whatever has become of it since. */
export const lastKnownSite = (options: GlobalOptions): Site | undefined => rememberedSites().lastKnown(configurationFile(options))

/** What needs no secret and no engine. */
export function viewOf(site: Site): SiteView {
  // All times that are shown are the site's (output/time.ts): Node takes note when this variable changes.
  process.env['TZ'] = site.timeZone
  return {
    site,
    clock: systemClock,
    machine: linuxKernel,
    journal: openJournal(join(stateOf(site), 'journal')),
    pointCache: openPointCache(join(cacheOf(site), 'points')),
    stateDirectory: stateOf(site),
    runtimeDirectory: join(runtimeRoot(), site.name),
  }
}
