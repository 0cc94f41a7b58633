import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { HoldfastError } from '../../domain/errors.ts'
import { locationText, ownFolders } from '../../domain/repository.ts'
import type { EngineContext } from '../../engines/port.ts'
import type { SiteStorage } from '../../storage/port.ts'
import type { AppContext } from '../site/context.ts'
import { kitFiles, readManifest, type KitManifest } from './kit-manifest.ts'
import { latestPoint } from '../component/restore-point.ts'

export interface FetchedKit {
  /** Holds kit.json and the rest. */
  readonly folder: string
  /** The mirror of the journal. */
  readonly journal: string
  readonly point: string
  readonly manifest: KitManifest
}

/**
 * Fetches the newest recovery kit of a site. Throws `repository-missing` when there is no such site, naming those that there
 * are, or when it has no kit; `wrong-key`; and `kit-unreadable`.
 *
 * @param target a folder for it, made anew
 */
export async function fetchKit(context: AppContext, target: string): Promise<FetchedKit> {
  const { site, storage, signal, clock } = context
  const work: EngineContext = { signal, clock, report: () => undefined }
  await storage.check(signal)
  if ((await storage.listFolders(site.name, signal)).length === 0) throw await noSuchSite(context)
  const engine = context.engineOf(context.kit)
  if (!(await engine.exists(work))) {
    throw new HoldfastError('repository-missing', `the site ${site.name} has no recovery kit`, {
      hint: `write its configuration to ${site.file}, and run holdfast recover again: it needs no kit then`,
    })
  }
  const points = await engine.listPoints(work)
  if (points.length === 0) {
    throw new HoldfastError('kit-unreadable', `the recovery kit in ${locationText(context.kit.location)} holds no version yet`, {
      hint: `write the configuration of the site to ${site.file}, and run holdfast recover again: it needs no kit then`,
    })
  }
  const point = latestPoint(points, context)
  rmSync(target, { recursive: true, force: true })
  mkdirSync(target, { recursive: true, mode: 0o700 })
  await engine.restore({ point, paths: [], target }, work)
  return openKit(target, point.id)
}

/** A kit that was fetched before. */
export function openKit(target: string, point: string): FetchedKit {
  const folder = findKit(target)
  return { folder, journal: join(folder, '..', 'journal'), point, manifest: readManifest(folder) }
}

/** restic restores what it holds with the whole path that it had on the machine that is gone. */
function findKit(folder: string): string {
  if (existsSync(join(folder, kitFiles.manifest))) return folder
  const below = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  const next = below.find(({ name }) => name === 'kit') ?? below[0]
  return next === undefined ? folder : findKit(join(folder, next.name))
}

async function noSuchSite({ site, storage, signal }: AppContext): Promise<HoldfastError> {
  const known = await knownSites(storage, signal).catch(() => [])
  return new HoldfastError('repository-missing', `there is no site ${site.name} in this storage`, {
    hint: known.length === 0 ? 'check the storage, and how the site is spelled' : `there are ${known.join(', ')}`,
  })
}

/** Names of sites have slashes where they are grouped; more levels than this are nobody's. */
const deepestGroup = 3

async function knownSites(storage: SiteStorage, signal: AbortSignal, group = '', depth = 0): Promise<string[]> {
  const folders = await storage.listFolders(group, signal)
  if (group !== '' && Object.values<string>(ownFolders).some((own) => folders.includes(own))) return [group]
  if (depth >= deepestGroup) return []
  const found: string[] = []
  for (const name of folders) {
    found.push(...(await knownSites(storage, signal, group === '' ? name : `${group}/${name}`, depth + 1)))
  }
  return found
}
