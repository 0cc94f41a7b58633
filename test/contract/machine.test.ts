import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { systemClock } from '../../src/domain/clock.ts'
import { duration } from '../../src/domain/duration.ts'
import { createMachine } from '../../src/machine/linux.ts'
import { mountDead } from '../support/dead-mount.ts'
import { silenceOf } from '../support/machine-contract.ts'
import { processesWith } from '../support/processes.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

test.each([
  ['silent', 0],
  ['stuck', 1],
] as const)('whoever looks at a file system that is %s gets an answer in time', async (kind, kept) => {
  const root = temporaryFolder()
  const dead = join(root, 'dead')
  mkdirSync(dead)
  writeFileSync(join(root, 'beside'), '')
  symlinkSync(dead, join(root, 'link-to-dead'))
  const mount = mountDead(dead, kind)
  onTestFinished(() => mount.end())
  const machine = createMachine({ clock: systemClock, own: [], deadlineMs: duration(500, 'ms') })
  expect(await silenceOf(machine, root, dead)).toEqual([])
  // The kernel keeps a child that the other side has in its hands, and nobody waits for it: one for all of the questions.
  await expect.poll(() => processesWith('stat', dead)).toHaveLength(kept)
})

test('a file system that answers again is believed', async () => {
  const root = temporaryFolder()
  const dead = join(root, 'dead')
  const mount = mountDead(dead, 'silent')
  let now = systemClock.now()
  const clock = { ...systemClock, now: () => now }
  const machine = createMachine({ clock, own: [], deadlineMs: duration(500, 'ms') })
  await expect(machine.list(dead)).rejects.toMatchObject({
    code: 'timeout',
    hint: expect.stringContaining('fuse from holdfast-test'),
  })
  mount.end()
  now = (now + duration(2, 'm')) as typeof now
  expect(await machine.list(dead)).toEqual([])
})
