import { dirname } from 'node:path'
import { HoldfastError, isHoldfastError, isSystemError } from '../domain/errors.ts'
import { systemErrorText } from '../domain/system-error-text.ts'
import type { SourceSighting } from '../domain/events.ts'
import type { FilesSource } from '../domain/site.ts'
import { mountsBelow } from '../machine/mounts.ts'
import type { Machine, PathFacts } from '../machine/port.ts'

/** What a path looks like now. Throws `source-missing`, or `timeout` for one that does not answer. */
export async function sightSource(machine: Machine, path: string, oneFileSystem = false): Promise<SourceSighting> {
  const { kind, device } = await factsOf(machine, path)
  if (kind === 'file') return { path, kind, entries: 1, mounted: false }
  if (kind !== 'directory') {
    throw new HoldfastError('source-missing', `${path} is neither a file nor a folder: only its name would be backed up`, {
      hint: 'name a folder or a file; what a device holds is backed up where it is mounted',
    })
  }
  const entries = (await orUnreadable(path, machine.list(path))).length
  const parent = await machine.follow(dirname(path))
  const mounts = oneFileSystem ? {} : { mounts: mountsBelow(path, machine.mounts()) }
  return { path, kind, entries, mounted: parent?.device !== device, ...mounts }
}

/**
 * Compares what the sources look like with what they looked like at the last good backup. A folder that held data and is
 * empty, or that was a mounted disk and no longer is, is an error: the snapshot of nothing would be green.
 */
export async function checkSources(
  machine: Machine,
  { paths, oneFileSystem }: Pick<FilesSource, 'paths' | 'oneFileSystem'>,
  before: readonly SourceSighting[],
  allowEmpty: boolean,
): Promise<SourceSighting[]> {
  const problems: HoldfastError[] = []
  const sightings: SourceSighting[] = []
  for (const path of paths) {
    const earlier = before.find((sighting) => sighting.path === path)
    try {
      const now = await sightSource(machine, path, oneFileSystem)
      sightings.push(now)
      if (!allowEmpty && earlier) refuseEmptied(now, earlier)
    } catch (error) {
      if (!isHoldfastError(error)) throw error
      problems.push(error.code === 'source-missing' && earlier ? withMemory(error, earlier) : error)
    }
  }
  const [first, ...others] = problems
  if (first === undefined) return sightings
  if (others.length === 0) throw first
  throw new HoldfastError(first.code, problems.map((problem) => problem.message).join('; '), { hint: first.hint })
}

function refuseEmptied(now: SourceSighting, earlier: SourceSighting): void {
  const hint = 'is the volume mounted? If this is how it should be, once: holdfast backup --allow-empty'
  if (now.kind === 'directory' && now.entries === 0 && earlier.entries > 0) {
    throw new HoldfastError('source-empty', `${now.path} is empty (${entriesText(earlier)} at the last good backup)`, { hint })
  }
  if (earlier.mounted && !now.mounted) {
    throw new HoldfastError('source-empty', `${now.path} was a mounted file system at the last good backup and no longer is`, {
      hint,
    })
  }
  const gone = earlier.mounts?.filter((mount) => now.mounts?.includes(mount) === false) ?? []
  if (gone.length > 0) {
    const what = gone.length === 1 ? 'was a mounted file system' : 'were mounted file systems'
    throw new HoldfastError(
      'source-empty',
      `${gone.join(', ')} ${what} at the last good backup and no longer ${gone.length === 1 ? 'is' : 'are'}`,
      { hint },
    )
  }
}

function withMemory(error: HoldfastError, earlier: SourceSighting): HoldfastError {
  return new HoldfastError(error.code, `${error.message} (${entriesText(earlier)} at the last good backup)`, {
    hint: error.hint,
    cause: error,
  })
}

const entriesText = (sighting: SourceSighting): string => (sighting.entries === 1 ? '1 entry' : `${sighting.entries} entries`)

/** restic keeps a link that it is told to back up, and nothing of what the link leads to: a green backup of no data. */
async function factsOf(machine: Machine, path: string): Promise<PathFacts> {
  const own = await orUnreadable(path, machine.look(path))
  const facts = own?.kind === 'link' ? await orUnreadable(path, machine.follow(path)) : own
  if (facts === undefined) {
    throw new HoldfastError('source-missing', `${path} ${own === undefined ? 'is missing' : 'is a link that leads nowhere'}`, {
      hint: 'is the volume mounted? Otherwise correct the path in holdfast.yaml',
    })
  }
  if (own === facts) return facts
  throw new HoldfastError('source-missing', `${path} is a link: only the link would be backed up, not what it leads to`, {
    hint: `name what it leads to: ${await machine.realPath(path)}`,
  })
}

const orUnreadable = <Result>(path: string, asked: Promise<Result>): Promise<Result> =>
  asked.catch((error: unknown) => {
    throw isSystemError(error) ? unreadable(path, error) : error
  })

function unreadable(path: string, error: NodeJS.ErrnoException): HoldfastError {
  return new HoldfastError('source-missing', `${path} cannot be read: ${systemErrorText(error)}`, {
    hint: 'run holdfast as a user who may read it, usually root',
    cause: error,
  })
}
