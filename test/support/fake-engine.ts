import { HoldfastError } from '../../src/domain/errors.ts'
import type { RestorePoint } from '../../src/domain/restore-point.ts'
import { bytes } from '../../src/domain/size.ts'
import type { Engine } from '../../src/engines/port.ts'

/** A fake engine in memory: it lists what it is given, and notes what it was told to do. */
export interface FakeEngine extends Engine {
  points: RestorePoint[]
  readonly calls: string[]
  /** Called before each removal; may throw, or change what is there. */
  beforeRemoval: (point: RestorePoint) => void
  locks: number
}

const unused = async (): Promise<never> => {
  throw new HoldfastError('unexpected', 'the fake engine has no such verb')
}

export function createFakeEngine(points: readonly RestorePoint[], name: Engine['name'] = 'restic'): FakeEngine {
  const engine: FakeEngine = {
    name,
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
    restoreByHand: unused,
    listPoints: async () => engine.points,
    async remove(wanted, gone) {
      for (const point of wanted) {
        if (engine.locks > 0) throw new HoldfastError('locked', 'the repository is locked')
        engine.beforeRemoval(point)
        engine.calls.push(`remove ${point.id}`)
        engine.points = engine.points.filter(({ id }) => id !== point.id)
        gone(point)
      }
    },
    async prune({ keepWalFrom }) {
      if (engine.locks > 0) throw new HoldfastError('locked', 'the repository is locked')
      engine.calls.push(keepWalFrom === undefined ? 'prune' : `prune, WAL from ${keepWalFrom.id}`)
    },
    async heal() {
      if (engine.locks === 0) return []
      engine.locks -= 1
      return ['removed 1 stale lock']
    },
  }
  return engine
}
