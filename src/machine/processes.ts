import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** Processes of this machine, proc(5). Of one that ended meanwhile, or that is somebody else's, most throw what Node does. */
type ProcessId = number | string

const read = (pid: ProcessId, what: string): string => readFileSync(`/proc/${pid}/${what}`, 'utf8')

export const processIds = (): string[] => readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))

/** The name of what it runs, such as `postgres`. */
export const programOf = (pid: ProcessId): string => read(pid, 'comm').trim()

export const workingDirectoryOf = (pid: ProcessId): string => readlinkSync(`/proc/${pid}/cwd`)

/** A path that leads to where its errors go. */
export const errorOutputOf = (pid: ProcessId): string => `/proc/${pid}/fd/2`

/** Whether it lives among the same mounts as we do, and not in a container. */
export const sharesOurMounts = (pid: ProcessId): boolean =>
  readlinkSync(`/proc/${pid}/ns/mnt`) === readlinkSync('/proc/self/ns/mnt')

export const childrenOf = (pid: ProcessId): string[] =>
  read(pid, `task/${pid}/children`)
    .split(' ')
    .filter((child) => child !== '')

/** The words that it was started with. */
export const wordsOf = (pid: ProcessId): string[] => read(pid, 'cmdline').split('\0')

/**
 * Whether anyone of a process group runs. Its dead don't count, although signals reach them until their parent has taken
 * note of them: a container's first process may do so late, or never.
 */
export const someoneRuns = (groupId: number): boolean =>
  processIds().some((pid) => {
    try {
      // "pid (name) state parent group …", and the name may hold anything.
      const [state, , group] = (read(pid, 'stat').split(') ').at(-1) ?? '').split(' ')
      return Number(group) === groupId && state !== 'Z' && state !== 'X'
    } catch {
      // It ended while it was being looked at.
      return false
    }
  })
