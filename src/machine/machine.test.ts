import { linkSync, mkdirSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { failureOf } from '../../test/support/failure.ts'
import { fakeMachine } from '../../test/support/fake-machine.ts'
import { describeMachine, plant, silenceOf } from '../../test/support/machine-contract.ts'
import { isAlive } from '../../test/support/processes.ts'
import { temporaryFolder } from '../../test/support/temporary-folder.ts'
import { systemClock } from '../domain/clock.ts'
import { duration } from '../domain/duration.ts'
import { accountOf } from './accounts.ts'
import { askChild } from './child.ts'
import { createMachine } from './linux.ts'

const machine = createMachine({ clock: systemClock, own: [] })

describeMachine('this one', (tree) => {
  plant(tree)
  return machine
})
describeMachine('the fake', (tree) => fakeMachine({ tree }))

test('the fake has file systems that do not answer', async () => {
  const tree = { '/srv/beside': '', '/mnt/dead/file': '', '/srv/link-to-dead': { link: '/mnt/dead' } }
  const machineOfTables = fakeMachine({ tree, dead: ['/mnt/dead'] })
  expect(await silenceOf(machineOfTables, '/srv', '/mnt/dead')).toEqual([])
})

test('a file with several names is measured once, and names need not be text', async () => {
  const folder = temporaryFolder()
  const odd = Buffer.concat([Buffer.from(`${folder}/b`), Buffer.from([0xff, 0xfe])])
  mkdirSync(odd)
  writeFileSync(Buffer.concat([odd, Buffer.from('/f\n'), Buffer.from([0xff])]), '123')
  linkSync(Buffer.concat([odd, Buffer.from('/f\n'), Buffer.from([0xff])]), `${folder}/same`)
  writeFileSync(`${folder}/a line\nand another`, '12')
  expect(await machine.measure([folder])).toEqual({ entries: 4, files: 3, sizeBytes: 5 })
})

test('a child that says nothing for too long is killed and not waited for', async () => {
  const started = { at: '' }
  const asked = askChild('sh', ['-c', 'trap "" TERM; echo $$; exec sleep 60'], duration(300, 'ms'), (text) => {
    started.at += text
  })
  expect(await failureOf(() => asked)).toMatchObject({
    code: 'timeout',
    message: expect.stringContaining('nothing was heard of sh for'),
  })
  await expect.poll(() => isAlive(Number(started.at))).toBe(false)
})

test('what a child says and how it ends is heard to the end', async () => {
  let heard = ''
  const answer = await askChild('sh', ['-c', 'echo one; echo two >&2; exit 3'], duration(20, 's'), (text) => (heard += text))
  expect({ heard, ...answer }).toEqual({ heard: 'one\n', exitCode: 3, errors: 'two\n' })
  expect(await failureOf(() => askChild('/nowhere/program', [], duration(1, 's')))).toMatchObject({ code: 'program-missing' })
})

test('an account is found by name, by number, and by a number that is text', () => {
  expect(accountOf('root')).toEqual({ name: 'root', uid: 0, gid: 0 })
  expect(accountOf(0)?.name).toBe('root')
  expect(accountOf('0')?.name).toBe('root')
  expect(accountOf('nobody-of-that-name')).toBeUndefined()
})
