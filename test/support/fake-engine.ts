import { HoldfastError } from '../../src/domain/errors.ts'
import type { RestorePoint } from '../../src/domain/restore-point.ts'
import { bytes } from '../../src/domain/size.ts'
import type { DatabaseEngine } from '../../src/engines/database-port.ts'
import type { FileEngine } from '../../src/engines/file-port.ts'
import type { Engine } from '../../src/engines/port.ts'

/** What a test sees of an engine in memory: the points that it lists, and what it was called to do. */
export interface Faked {
  points: RestorePoint[]
  readonly calls: string[]
  /** Called before each removal; may throw, or change what is there. */
  beforeRemoval: (point: RestorePoint) => void
  locks: number
}

export type FakeFileEngine = FileEngine & Faked
export type FakeDatabaseEngine = DatabaseEngine & Faked
export type FakeEngine = FakeFileEngine | FakeDatabaseEngine

const unused = async (): Promise<never> => {
  throw new HoldfastError('unexpected', 'the fake engine has no such verb')
}

const refuseLocked = ({ locks }: Faked): void => {
  if (locks > 0) throw new HoldfastError('locked', 'the repository is locked')
}

export function createFakeEngine(points: readonly RestorePoint[]): FakeFileEngine {
  const engine: FakeFileEngine = {
    ...fakeOf(points, () => engine),
    name: 'restic',
    measure: unused,
    count: unused,
    overwriting: unused,
    listDeletions: unused,
    browsing: unused,
    async prune() {
      refuseLocked(engine)
      engine.calls.push('prune')
    },
  }
  return engine
}

export function createFakeDatabaseEngine(points: readonly RestorePoint[]): FakeDatabaseEngine {
  const engine: FakeDatabaseEngine = {
    ...fakeOf(points, () => engine),
    name: 'pgbackrest',
    recoverability: async () => ({ archive: '15-1', windows: [], unreachable: [] }),
    naming: { names: async () => [], forget: unused },
    cluster: {
      known: async () => undefined,
      upgrade: unused,
      upgradeCommand: () => ({ program: 'pgbackrest', arguments: [], environment: {}, secretEnvironment: [] }),
    },
    configuration: {
      ...{ file: '/dev/null', fileForEngine: '/dev/null', workDirectory: undefined, archiveCommand: 'pgbackrest archive-push' },
      text: () => '',
    },
    async prune({ keepWalFrom }) {
      refuseLocked(engine)
      engine.calls.push(keepWalFrom === undefined ? 'prune' : `prune, WAL from ${keepWalFrom.id}`)
    },
  }
  return engine
}

/** What both kinds share. */
function fakeOf(points: readonly RestorePoint[], self: () => Faked): Omit<Engine<unknown, unknown>, 'name'> & Faked {
  return {
    points: [...points],
    calls: [],
    beforeRemoval: () => undefined,
    locks: 0,
    version: async () => '1.0',
    exists: async () => true,
    setUp: unused,
    backUpCommands: unused,
    restoreCommands: unused,
    backUp: unused,
    restore: unused,
    check: unused,
    usage: async () => bytes(0),
    pin: unused,
    manualRestore: unused,
    listPoints: async () => self().points,
    async remove(wanted, gone) {
      const engine = self()
      for (const point of wanted) {
        refuseLocked(engine)
        engine.beforeRemoval(point)
        engine.calls.push(`remove ${point.id}`)
        engine.points = engine.points.filter(({ id }) => id !== point.id)
        gone(point)
      }
    },
    async heal() {
      const engine = self()
      if (engine.locks === 0) return []
      engine.locks -= 1
      return ['removed 1 stale lock']
    },
  }
}
