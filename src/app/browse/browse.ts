import type { Listing, PointName } from '../../contract/browse.ts'
import { dirname } from 'node:path'
import { HoldfastError } from '../../domain/errors.ts'
import type { RestorePoint } from '../../domain/restore-point.ts'
import { shortPointId } from '../../domain/restore-point.ts'
import { isDatabase, type FilesComponent } from '../../domain/site.ts'
import type { SnapshotEntry } from '../../domain/snapshot-entry.ts'
import type { EngineContext } from '../../engines/port.ts'
import type { Browsing } from '../../engines/file-port.ts'
import { formatLocalStamp } from '../../policy/local-time.ts'
import { componentNamed, type AppContext } from '../site/context.ts'
import { choosePoint } from '../component/restore-point.ts'
import { engineContext } from '../component/engine-context.ts'
import { absoluteOnSource } from '../component/source-path.ts'

/** What every question about the inside of points begins with. */
export interface Browser {
  readonly component: FilesComponent
  readonly browsing: Browsing
  /** Oldest first; there is at least one. */
  readonly points: readonly RestorePoint[]
  readonly work: EngineContext
}

export const pointName = ({ id, endedAt }: RestorePoint): PointName => ({ id, at: endedAt })

/** Throws `usage` for a component whose engine can't look into its points, `point-unknown` when there is none yet. */
export async function openBrowser(context: AppContext, name: string): Promise<Browser> {
  const component = componentNamed(context.site, name)
  if (isDatabase(component)) {
    throw new HoldfastError('usage', `${name} is a database, and its points hold pages instead of files to look at`, {
      hint: `restore it beside the live one, and look inside with psql: holdfast restore ${name} --to DIRECTORY`,
    })
  }
  const engine = context.engineOf(component)
  const work = engineContext(context, component, () => undefined)
  const points = await engine.listPoints(work)
  if (points.length === 0) {
    throw new HoldfastError('point-unknown', `there is no restore point of ${name} yet`, {
      hint: `holdfast backup ${name} makes one`,
    })
  }
  return { component, browsing: await engine.browsing(), points, work }
}

/** One folder of a point. Without a path: the component's own, or a list of them where there are several. */
export async function listFolder(
  context: AppContext,
  browser: Browser,
  wish: { path: string | undefined; point: string | undefined; at: string | undefined; limit: number },
): Promise<Listing> {
  const { component, browsing, points, work } = browser
  const point = await choosePoint(points, wish, context)
  const { paths } = component.source
  const path =
    wish.path === undefined ? (paths.length === 1 ? paths[0] : undefined) : absoluteOnSource(wish.path, component.source)
  const wanted = path === undefined ? paths : [path]
  const entries: SnapshotEntry[] = []
  let itself: SnapshotEntry | undefined
  let more = 0
  const isListed = (entry: SnapshotEntry) => (path === undefined ? wanted.includes(entry.path) : dirname(entry.path) === path)
  await browsing.list(
    point,
    wanted,
    (entry) => {
      if (entry.path === path && path !== '/') {
        itself = entry
      } else if (isListed(entry)) {
        if (entries.length < wish.limit) entries.push(entry)
        else more += 1
      }
    },
    work,
  )
  const answer = { component: component.name, point: pointName(point) }
  if (path === undefined) return { ...answer, entries, more }
  if (itself === undefined && path !== '/') throw await notThere(context, browser, point, path)
  const kind = itself?.kind ?? 'folder'
  return { ...answer, path, kind, entries: itself === undefined || kind === 'folder' ? entries : [itself], more }
}

/** Says which points do hold the path, because that is what whoever asks needs next. */
async function notThere(context: AppContext, browser: Browser, point: RestorePoint, path: string): Promise<HoldfastError> {
  const { component, browsing, points, work } = browser
  const holders: RestorePoint[] = []
  await browsing.findPaths(points, [path], (holder) => void holders.push(holder), work)
  const [newest] = holders
  const hint =
    newest === undefined
      ? `no point holds it; holdfast browse find ${component.name} NAME looks for a name in all of them`
      : `${holders.length} of ${points.length} points hold it, the newest is ${shortPointId(newest.id)} of ${formatLocalStamp(newest.endedAt, context.site.timeZone)}: give --point ${shortPointId(newest.id)}`
  return new HoldfastError('path-unknown', `${path} is not in snapshot ${shortPointId(point.id)}`, { hint })
}
