import { chmodSync, existsSync, lchownSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from '../../../domain/command.ts'
import type { Place } from '../../../places/place.ts'
import type { Draft, LiveCluster } from '../plan.ts'

/** WAL comes from the archive, and the files of a running server are none of a stopped one. */
const leftOut: ReadonlySet<string> = new Set(['pg_wal', 'postmaster.pid', 'postmaster.opts'])

export const draftEntries = (folder: string): string[] => readdirSync(folder).filter((name) => !leftOut.has(name))

/**
 * Copies old data to where it was, as a draft for the engine, which then fetches only what differs: room for both is needed
 * anyway, and a disk is nearer than a bucket. A copy, no links: PostgreSQL and pgBackRest write into files.
 */
export const draftCommand = ({ folder, aside, entries }: Draft): Command => ({
  program: 'cp',
  arguments: ['-a', '--reflink=auto', '-t', folder, '--', ...entries.map((name) => join(aside, name))],
  environment: {},
  secretEnvironment: [],
})

/** False when data can't be read: then it is no draft, and everything is fetched. */
export async function copyDrafts(
  { place, signal, deadlineMs }: { readonly place: Place; readonly signal: AbortSignal; readonly deadlineMs: number },
  { drafts }: LiveCluster,
): Promise<boolean> {
  for (const draft of drafts) {
    const { folder, aside } = draft
    const { uid, gid, mode } = statSync(aside)
    mkdirSync(folder, { mode: 0o700 })
    lchownSync(folder, uid, gid)
    chmodSync(folder, mode & 0o7777)
    // The server went on after the plan, and may have removed something.
    const entries = draft.entries.filter((name) => existsSync(join(aside, name)))
    if (entries.length === 0) continue
    const copied = await place.run(draftCommand({ ...draft, entries }), { signal, deadlineMs })
    if (copied.exitCode === 0) continue
    for (const one of drafts) if (existsSync(one.folder)) emptyFolder(one.folder)
    return false
  }
  return true
}

function emptyFolder(folder: string): void {
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true, force: true })
}
