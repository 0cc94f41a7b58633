import { execFileSync } from 'node:child_process'
import { statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { temporaryFolder } from './temporary-folder.ts'

/** A file system of 1 MiB for one test, which needs root. */
export function smallDisk(): { readonly path: string; fill(leaveBytes: number): void } {
  const path = temporaryFolder()
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1M,mode=755', 'holdfast-test', path])
  onTestFinished(() => void execFileSync('umount', ['--lazy', path]))
  return {
    path,
    fill(leaveBytes) {
      const { bavail, bsize } = statfsSync(path)
      writeFileSync(join(path, 'filling'), Buffer.alloc(bavail * bsize - leaveBytes))
    },
  }
}
