import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isoInstant, type Clock } from '../../domain/clock.ts'
import { HoldfastError, toHoldfastError } from '../../domain/errors.ts'
import { ownFolders } from '../../domain/repository.ts'
import type { Kernel } from '../../machine/port.ts'
import { leases, leaseTokens, type Lease } from '../../state/lease-files.ts'
import type { SiteStorage } from '../../storage/port.ts'

interface LeaseOptions {
  readonly site: string
  readonly storage: SiteStorage
  readonly stateDirectory: string
  readonly clock: Clock
  readonly machine: Kernel
  readonly signal: AbortSignal
}

/** Which machine may write to the repositories of a site. */
export interface SiteLease {
  /** Throws `site-taken` when another machine holds the site. Changes nothing. */
  check(): Promise<'ours' | 'free'>
  /** Takes a site that nobody holds, for setup. Throws `site-taken` when somebody does. */
  take(): Promise<void>
  /**
   * Makes sure that this machine holds the site, before anything is written to it; asked once a process. Throws `site-taken`
   * when another one does, `repository-missing` when there is no such site, and what keeps the storage from being asked.
   */
  hold(): Promise<void>
  isHeld(): boolean
  /** Takes the site from whichever machine holds it; that one is refused from now on. Gives back what stood there. */
  takeOver(): Promise<Lease | undefined>
  /** Who holds the site, if anybody does. */
  holder(): Promise<Lease | undefined>
}

const objectName = 'lease.json'

/**
 * Two machines that write one repository undo each other's work, and the second one may well be a copy of the first: a cloned
 * card, a restored virtual machine. No name or number tells such two apart, but what they remember does: each run leaves a
 * token in the storage, and only the machine that wrote the last one may write the next. No clock decides anything.
 */
export function createSiteLease(options: LeaseOptions): SiteLease {
  const { storage, signal, clock, machine } = options
  const memory = join(options.stateDirectory, objectName)
  let held = false

  const read = async (): Promise<Lease | undefined> => {
    const content = await storage.readObject(objectName, signal)
    return content === undefined ? undefined : parseLease(content)
  }

  const isEmpty = async () => (await storage.listFolders(options.site, signal)).every((name) => name === ownFolders.objects)

  const judge = async (lease: Lease | undefined): Promise<'ours' | 'free'> => {
    const tokens = readTokens(memory)
    if (lease !== undefined) {
      if (tokens.includes(lease.token)) return 'ours'
      throw unsure(memory, options.site) ?? (await taken(lease, options.site))
    }
    // It may be that somebody deleted the lease. A site that holds something is free only for who was its last machine.
    const isNew =
      tokens.length === 0 && (await storage.listFolders(options.site, signal)).every((name) => name === ownFolders.objects)
    if (isNew || tokens.length > 0) return 'free'
    throw new HoldfastError('site-taken', `the storage holds backups of ${options.site} that this machine did not make`, {
      hint: takeOverHint,
    })
  }

  /** The token is remembered before it is written: killed in between, this machine knows it both ways. */
  const write = async (lease: Lease, put: (content: Uint8Array) => Promise<boolean>): Promise<boolean> => {
    writeTokens(memory, [...readTokens(memory), lease.token])
    if (!(await put(Buffer.from(leases.text(lease))))) return false
    writeTokens(memory, [lease.token])
    held = true
    return true
  }

  const fresh = async (): Promise<Lease> => ({
    holder: machine.hostName(),
    machine: thisMachine(options.site),
    since: isoInstant(clock.now()),
    token: newToken(clock),
  })

  const replace = async (content: Uint8Array) => {
    await storage.writeObject(objectName, content, signal)
    return true
  }

  const create = async () => {
    const won = await write(await fresh(), (content) => storage.createObject(objectName, content, signal))
    // Another machine was quicker.
    if (!won) await judge(await read())
  }

  const renew = async (lease: Lease) => {
    try {
      await write({ ...lease, holder: machine.hostName(), token: newToken(clock) }, replace)
    } catch (error) {
      // It is ours, and what makes room in a full storage must be able to begin.
      if (toHoldfastError(error).code !== 'storage-full') throw error
      held = true
    }
  }

  return {
    check: async () => judge(await read()),
    async take() {
      const lease = await read()
      if ((await judge(lease)) === 'free') await create()
      else await renew(lease as Lease)
    },
    async hold() {
      if (held) return
      const lease = await read()
      if ((await judge(lease)) === 'ours') await renew(lease as Lease)
      // The mount point of a disk that is not mounted is empty too, and must not become a site.
      else if (await isEmpty()) throw nothingThere(options.site)
      else await create()
    },
    isHeld: () => held,
    async takeOver() {
      const before = await storage.readObject(objectName, signal)
      await write(await fresh(), replace)
      return before === undefined ? undefined : parseLease(before)
    },
    holder: read,
  }
}

const takeOverHint = 'is this now the live machine, and does no other one back up this site? then: holdfast recover --take-over'

/** It may be its own lease that this machine does not know again. */
function unsure(memory: string, site: string): HoldfastError | undefined {
  const fault = leaseTokens.fault(memory)
  return fault === undefined
    ? undefined
    : new HoldfastError('site-taken', `this machine cannot tell whether it backs up ${site}: ${fault.message}`, {
        hint: takeOverHint,
      })
}

const nothingThere = (site: string): HoldfastError =>
  new HoldfastError('repository-missing', `there is nothing of ${site} in the storage`, {
    hint: 'is the disk mounted, are bucket and site spelled right? For a new storage: holdfast setup apply',
  })

async function taken(lease: Lease, site: string): Promise<HoldfastError> {
  const since = lease.since.slice(0, 16).replace('T', ' ')
  const isCopy = lease.machine !== '' && lease.machine === thisMachine(site)
  return new HoldfastError(
    'site-taken',
    isCopy
      ? `another copy of this machine has backed up ${site}, or this machine was set back: its state is older than the storage`
      : `${site} is backed up by the machine ${lease.holder} since ${since} UTC, and that is not this one`,
    { hint: takeOverHint },
  )
}

function parseLease(content: Uint8Array): Lease {
  const found = leases.parse(content)
  return 'value' in found ? found.value : { holder: 'unknown', machine: '', since: 'an unknown time', token: '' }
}

const readTokens = (file: string): readonly string[] => (leaseTokens.read(file)?.tokens ?? []).filter((token) => token !== '')

// What was begun long ago has arrived, or never will.
const writeTokens = (file: string, tokens: readonly string[]): void => leaseTokens.write(file, { tokens: tokens.slice(-20) })

/** Nobody has to be kept from guessing it, only from writing the same one by chance: that needs no node:crypto at a start. */
function newToken(clock: Clock): string {
  const digits = () => Math.floor(Math.random() * 2 ** 32).toString(16)
  return [clock.now().toString(16), digits(), digits(), digits()].join('-')
}

/** machine-id(5) asks not to show the number itself. Empty where there is none, which is equal to nothing. */
function thisMachine(site: string): string {
  try {
    const id = readFileSync('/etc/machine-id', 'utf8').trim()
    return id === '' ? '' : createHash('sha256').update(`holdfast ${site} ${id}`).digest('hex').slice(0, 16)
  } catch {
    return ''
  }
}

/** Before something is removed: a run may have stood still for hours, and another machine have taken the site over meanwhile. */
export async function holdStill({ lease }: { readonly lease: SiteLease }): Promise<void> {
  await lease.hold()
  await lease.check()
}
