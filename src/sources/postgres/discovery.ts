import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { processIds, programOf, sharesOurMounts, workingDirectoryOf } from '../../machine/processes.ts'
import { majorVersionOf } from './data-directory.ts'

/** A PostgreSQL cluster that was found on this machine. */
export interface FoundCluster {
  readonly dataDirectory: string
  /** Such as `15`. */
  readonly majorVersion: string
  readonly running: boolean
}

const debianRoot = '/var/lib/postgresql'

/** Clusters on this machine: those that run, wherever their data lies, and those where Debian puts them. */
export function discoverClusters(): FoundCluster[] {
  const running = new Set(runningClusters())
  const all = new Set([...running, ...debianClusters()])
  return [...all].toSorted().flatMap((dataDirectory) => {
    try {
      return [{ dataDirectory, majorVersion: majorVersionOf(dataDirectory), running: running.has(dataDirectory) }]
    } catch {
      // Not ours to read: whoever runs init without being root doesn't get it offered.
      return []
    }
  })
}

/** Every process of a server works in its data directory; those of containers live in another mount namespace. */
function* runningClusters(): Generator<string> {
  for (const pid of processIds()) {
    try {
      if (programOf(pid) !== 'postgres' || !sharesOurMounts(pid)) continue
      const directory = workingDirectoryOf(pid)
      if (existsSync(join(directory, 'postmaster.pid'))) yield directory
    } catch {
      // The process ended while it was being looked at, or belongs to somebody else.
    }
  }
}

function* debianClusters(): Generator<string> {
  for (const major of entriesOf(debianRoot)) {
    for (const name of entriesOf(join(debianRoot, major))) {
      const directory = join(debianRoot, major, name)
      if (existsSync(join(directory, 'PG_VERSION'))) yield realpathSync(directory)
    }
  }
}

function entriesOf(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}
