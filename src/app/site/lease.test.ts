import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { failureOf } from '../../../test/support/failure.ts'
import { fakeKernel } from '../../../test/support/fake-machine.ts'
import { fixedClock } from '../../../test/support/fixed-clock.ts'
import { temporaryFolder } from '../../../test/support/temporary-folder.ts'
import { HoldfastError } from '../../domain/errors.ts'
import type { SiteStorage } from '../../storage/port.ts'
import { createSiteLease, type SiteLease } from './lease.ts'
import type { Lease } from '../../state/lease-files.ts'

/** A storage in memory, which can be told to fail the next write before or after it happened. */
function storageInMemory() {
  const objects = new Map<string, Buffer>()
  const state = { folders: [] as string[], failing: undefined as 'before' | 'after' | undefined }
  const write = (name: string, content: Uint8Array) => {
    const { failing } = state
    state.failing = undefined
    if (failing !== 'before') objects.set(name, Buffer.from(content))
    if (failing !== undefined) throw new HoldfastError('storage-unreachable', 'no answer in time')
  }
  const storage: SiteStorage = {
    check: async () => undefined,
    readObject: async (name) => objects.get(name),
    writeObject: async (name, content) => write(name, content),
    createObject: async (name, content) => {
      if (objects.has(name)) return false
      write(name, content)
      return true
    },
    listFolders: async () => state.folders,
  }
  const lease = () => JSON.parse(objects.get('lease.json')?.toString('utf8') ?? '{}') as Lease
  return { storage, objects, state, lease }
}

type Memory = ReturnType<typeof storageInMemory>

/** Each call is a process of its own, as each run is. */
function runOn({ storage }: Memory, stateDirectory: string): SiteLease {
  const clock = fixedClock('2026-01-26T03:00:00Z')
  const { signal } = new AbortController()
  return createSiteLease({ site: 'pi-hosting', storage, stateDirectory, clock, machine: fakeKernel(), signal })
}

describe('the lease of a site', () => {
  test('is taken by the first machine of a new site, and kept from run to run under a new token', async () => {
    const memory = storageInMemory()
    const machine = temporaryFolder()
    expect(await runOn(memory, machine).check()).toBe('free')
    await runOn(memory, machine).take()
    const first = memory.lease()
    await runOn(memory, machine).hold()
    expect(memory.lease().token).not.toBe(first.token)
    expect(memory.lease().since).toBe(first.since)
  })

  test('is asked for once a process', async () => {
    const memory = storageInMemory()
    const lease = runOn(memory, temporaryFolder())
    await lease.take()
    const { token } = memory.lease()
    await lease.hold()
    expect([lease.isHeld(), memory.lease().token]).toEqual([true, token])
  })

  test('is refused to a second machine, which hears who has it and what to do', async () => {
    const memory = storageInMemory()
    await runOn(memory, temporaryFolder()).take()
    const before = memory.lease()
    memory.objects.set('lease.json', Buffer.from(JSON.stringify({ ...before, holder: 'old-pi', machine: 'other' })))
    const second = runOn(memory, temporaryFolder())
    expect(await failureOf(() => second.hold())).toMatchObject({
      code: 'site-taken',
      message: 'pi-hosting is backed up by the machine old-pi since 2026-01-26 03:00 UTC, and that is not this one',
      hint: expect.stringContaining('holdfast recover --take-over') as string,
    })
    expect(memory.lease().token).toBe(before.token)
    expect(second.isHeld()).toBe(false)
  })

  test('goes to one of a machine and its copy: the other one is refused from then on', async () => {
    const memory = storageInMemory()
    const [original, copy] = [temporaryFolder(), temporaryFolder()]
    await runOn(memory, original).take()
    cpSync(original, copy, { recursive: true })
    await runOn(memory, copy).hold()
    expect((await failureOf(() => runOn(memory, original).hold())).message).toMatch(/another copy of this machine/)
    await runOn(memory, copy).hold()
  })

  test.each(['before', 'after'] as const)('survives a death right %s it was written', async (moment) => {
    const memory = storageInMemory()
    const machine = temporaryFolder()
    await runOn(memory, machine).take()
    for (let time = 0; time < 3; time += 1) {
      memory.state.failing = moment
      expect((await failureOf(() => runOn(memory, machine).hold())).code).toBe('storage-unreachable')
    }
    const next = runOn(memory, machine)
    await next.hold()
    expect(next.isHeld()).toBe(true)
  })

  test('survives a death at its very first writing', async () => {
    const memory = storageInMemory()
    const machine = temporaryFolder()
    memory.state.failing = 'after'
    await failureOf(() => runOn(memory, machine).take())
    memory.state.folders = ['holdfast', 'website']
    const next = runOn(memory, machine)
    await next.hold()
    expect(next.isHeld()).toBe(true)
  })

  test('that was deleted goes back to who had it, and to nobody else', async () => {
    const memory = storageInMemory()
    const machine = temporaryFolder()
    await runOn(memory, machine).take()
    memory.state.folders = ['website']
    memory.objects.clear()
    expect(await failureOf(() => runOn(memory, temporaryFolder()).hold())).toMatchObject({
      code: 'site-taken',
      message: 'the storage holds backups of pi-hosting that this machine did not make',
    })
    await runOn(memory, machine).hold()
  })

  test('is not given by a machine that lost its state, or holds nonsense', async () => {
    const memory = storageInMemory()
    const machine = temporaryFolder()
    await runOn(memory, machine).take()
    writeFileSync(join(machine, 'lease.json'), '{"tokens":[""')
    expect((await failureOf(() => runOn(memory, machine).hold())).code).toBe('site-taken')
    rmSync(join(machine, 'lease.json'))
    memory.objects.set('lease.json', Buffer.from('{"token":""}'))
    expect((await failureOf(() => runOn(memory, machine).hold())).code).toBe('site-taken')
  })

  test('goes to whoever takes it over, and the machine before is refused', async () => {
    const memory = storageInMemory()
    const [before, after] = [temporaryFolder(), temporaryFolder()]
    await runOn(memory, before).take()
    const { token } = memory.lease()
    expect((await runOn(memory, after).takeOver())?.token).toBe(token)
    await runOn(memory, after).hold()
    expect((await failureOf(() => runOn(memory, before).hold())).code).toBe('site-taken')
  })

  test('is lost to a machine that was quicker by a moment', async () => {
    const memory = storageInMemory()
    const quick = runOn(memory, temporaryFolder())
    const createObject: SiteStorage['createObject'] = async (...wish) => {
      await quick.take()
      return memory.storage.createObject(...wish)
    }
    const slow = runOn({ ...memory, storage: { ...memory.storage, createObject } }, temporaryFolder())
    expect((await failureOf(() => slow.take())).code).toBe('site-taken')
    expect(slow.isHeld()).toBe(false)
  })

  test('is renewed without a word in a storage that is full, so that room can be made', async () => {
    const memory = storageInMemory()
    const machine = temporaryFolder()
    await runOn(memory, machine).take()
    const { token } = memory.lease()
    const full = { ...memory.storage, writeObject: () => Promise.reject(new HoldfastError('storage-full', 'no space left')) }
    const lease = runOn({ ...memory, storage: full }, machine)
    await lease.hold()
    expect([lease.isHeld(), memory.lease().token]).toEqual([true, token])
  })

  test('is never made by a run: where nothing is, a disk may not be mounted', async () => {
    const memory = storageInMemory()
    const machine = temporaryFolder()
    expect((await failureOf(() => runOn(memory, machine).hold())).code).toBe('repository-missing')
    await runOn(memory, machine).take()
    memory.objects.clear()
    expect(await failureOf(() => runOn(memory, machine).hold())).toMatchObject({
      code: 'repository-missing',
      hint: expect.stringContaining('is the disk mounted') as string,
    })
    expect(memory.objects.size).toBe(0)
  })

  test('keeps no machine-id in the storage', async () => {
    const memory = storageInMemory()
    await runOn(memory, temporaryFolder()).take()
    expect(memory.lease().machine).not.toContain(readFileSync('/etc/machine-id', 'utf8').trim())
  })
})
