import { lstatSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock, Instant } from '../domain/clock.ts'
import { duration, formatDuration, type Duration } from '../domain/duration.ts'
import { HoldfastError, isHoldfastError } from '../domain/errors.ts'
import { askChild } from './child.ts'
import { linuxKernel } from './kernel.ts'
import { mountOf } from './mounts.ts'
import type { Mount } from './port.ts'

export interface MachineOptions {
  readonly clock: Clock
  /** Folders without which nothing goes on anyway, such as the state's: their file systems are looked at directly. */
  readonly own: readonly string[]
  readonly deadlineMs?: Duration
}

/** A disk that sleeps takes up to twenty seconds to spin up. */
const usualDeadline = duration(30, 's')

/** One answer stands for what is asked in the same breath. A server that hangs would cost each question its deadline. */
const answerHoldsMs = duration(1, 's')
const silenceHoldsMs = duration(1, 'm')

/** As many links in a row as Linux follows. */
const mostLinks = 40

/** What the kernel keeps in memory. */
const inMemory = /^(?:tmpfs|ramfs|devtmpfs|devpts|proc|sysfs|cgroup2?|mqueue|hugetlbfs)$/

interface MountTable {
  readonly readAt: Instant
  readonly mounts: readonly Mount[]
  /** Devices that are looked at directly. */
  readonly owned: ReadonlySet<string | undefined>
}

interface Inquiry {
  readonly answer: Promise<boolean>
  settledAt: Instant | undefined
}

/**
 * A child asks each file system that isn't our own whether it answers, and only then is it looked at here: what hangs, hangs in the
 * child. The system's own disk and memory are looked at directly, so that a watch on a machine with one disk starts no child.
 */
export function answerGate(options: MachineOptions): (path: string, followsLast?: boolean) => Promise<void> {
  const requireAnswerOf = inquirer(options)
  const tableNow = mountTable(options)

  /** Follows a path from file system to file system, and looks at none before it has answered. */
  return async function requireAnswer(path: string, followsLast = true): Promise<void> {
    const { mounts, owned } = tableNow()
    const left = path.split('/').toReversed()
    let at = '/'
    for (let links = 0; links <= mostLinks;) {
      const name = left.pop()
      if (name === undefined) return
      const next = join(at, name)
      const mount = mountOf(next, mounts)
      if (mount !== undefined && !owned.has(mount.device) && !inMemory.test(mount.kind)) await requireAnswerOf(mount, next)
      const target = readLink(next)
      if (target === undefined) return
      if (target === '' || (left.length === 0 && !followsLast)) {
        at = next
        continue
      }
      links += 1
      if (target.startsWith('/')) at = '/'
      left.push(...target.split('/').toReversed())
    }
  }
}

/** Reads the table of mounts for what is asked in the same breath: a watch asks ten times in a few milliseconds. */
function mountTable({ clock, own }: MachineOptions): () => MountTable {
  let table: MountTable | undefined

  return () => {
    const now = clock.now()
    if (table !== undefined && Math.abs(now - table.readAt) <= answerHoldsMs) return table
    const mounts = linuxKernel.mounts()
    const owned = new Set(['/', ...own].map((folder) => mountOf(folder, mounts)?.device))
    table = { readAt: now, mounts, owned }
    return table
  }
}

/** Asks a file system once for all who ask in the same breath. */
function inquirer({ clock, deadlineMs = usualDeadline }: MachineOptions): (mount: Mount, path: string) => Promise<void> {
  const inquiries = new Map<string, Inquiry>()
  async function isOver({ answer, settledAt }: Inquiry): Promise<boolean> {
    if (settledAt === undefined) return false
    return Math.abs(clock.now() - settledAt) > ((await answer) ? answerHoldsMs : silenceHoldsMs)
  }

  return async (mount, path) => {
    const key = `${mount.device} ${mount.point}`
    let inquiry = inquiries.get(key)
    if (inquiry === undefined || (await isOver(inquiry))) {
      inquiry = { answer: answers(path, deadlineMs), settledAt: undefined }
      inquiries.set(key, inquiry)
    }
    const isAnswered = await inquiry.answer
    inquiry.settledAt ??= clock.now()
    if (isAnswered) return
    throw new HoldfastError('timeout', `${path} does not answer: nothing came back within ${formatDuration(deadlineMs)}`, {
      hint: `${mount.point} is ${mount.kind} from ${mount.source}: is whoever serves it at work? umount -l ${mount.point} lets go of it`,
    })
  }
}

/** Whether a file system answers at all, be it with an error. What it told about a path before, the kernel may repeat without asking it. */
async function answers(path: string, deadlineMs: Duration): Promise<boolean> {
  try {
    await askChild('stat', ['--file-system', '--format=', '--', path], deadlineMs)
    return true
  } catch (error) {
    if (isHoldfastError(error) && error.code === 'timeout') return false
    throw error
  }
}

/** Where a link leads; empty for what is none, undefined when there is nothing to go on with. */
function readLink(path: string): string | undefined {
  try {
    const stats = lstatSync(path, { throwIfNoEntry: false })
    return stats?.isSymbolicLink() ? readlinkSync(path) : stats && ''
  } catch {
    return undefined
  }
}
