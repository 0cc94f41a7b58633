import { expect, inject, onTestFinished, test } from 'vitest'
import { startDocker } from '../support/container-engine.ts'
import { faults } from './faults.ts'
import { liveThrough, oneCellEach } from './matrix.ts'

/** The short form: every fault once. `npm run matrix` meets every place of a run with each. */

const [older, newer] = inject('pairs') as [Pair, Pair]
type Pair = ReturnType<typeof inject<'pairs'>>[number]

test('repositories in a directory: what fails is told, and the next run heals it', { timeout: 900_000 }, async () => {
  const cells = oneCellEach([...faults.anywhere, ...faults.directory])
  const { broken, restored } = await liveThrough({ pair: older }, cells)
  expect(broken).toEqual([])
  expect(restored).toBeGreaterThan(cells.length)
})

test('repositories in a bucket behind a network that breaks: the same', { timeout: 900_000 }, async () => {
  const cells = oneCellEach(faults.bucket)
  const { broken, restored } = await liveThrough({ pair: newer, s3: inject('s3') }, cells)
  expect(broken).toEqual([])
  expect(restored).toBeGreaterThan(cells.length)
})

test('a database whose container stops: the same', { timeout: 900_000 }, async () => {
  const docker = await startDocker()
  onTestFinished(() => docker.stop())
  const cells = oneCellEach(faults.containers)
  const { broken, restored } = await liveThrough({ pair: older, containers: docker }, cells)
  expect(broken).toEqual([])
  expect(restored).toBeGreaterThan(cells.length)
})
