import { expect, inject, onTestFinished, test } from 'vitest'
import { startDocker } from '../support/container-engine.ts'
import { faults } from './faults.ts'
import { allCells, liveThrough } from './matrix.ts'

const hour = 3_600_000

test.each(inject('pairs'))('a directory, $name: every fault at every place of a run', { timeout: 4 * hour }, async (pair) => {
  const cells = allCells([...faults.anywhere, ...faults.directory])
  const { broken, kept } = await liveThrough({ pair }, cells)
  expect(broken).toEqual([])
  expect(kept).toBe(cells.length)
})

test.each(inject('pairs'))('a bucket, $name: every fault at every place of a run', { timeout: 4 * hour }, async (pair) => {
  const cells = allCells([...faults.anywhere, ...faults.bucket])
  const { broken, kept } = await liveThrough({ pair, s3: inject('s3') }, cells)
  expect(broken).toEqual([])
  expect(kept).toBe(cells.length)
})

test.each(inject('pairs'))('a container, $name: stopped at every place of a run', { timeout: hour }, async (pair) => {
  const docker = await startDocker()
  onTestFinished(() => docker.stop())
  const cells = allCells(faults.containers)
  const { broken, kept } = await liveThrough({ pair, containers: docker }, cells)
  expect(broken).toEqual([])
  expect(kept).toBe(cells.length)
})
