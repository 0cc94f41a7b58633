import { execFileSync, spawnSync } from 'node:child_process'
import { closeSync, mkdirSync, openSync, read, readSync, writeSync } from 'node:fs'

/**
 * A file system of FUSE that nobody serves: whoever looks at it waits for ever, as on a network file system whose server died.
 * Either it never said a word (`silent`: the waiting can be killed), or it has taken the question and does not answer
 * (`stuck`: the kernel lets go of nobody, whatever signal comes).
 */
export function mountDead(folder: string, kind: 'silent' | 'stuck'): { readonly end: () => void } {
  mkdirSync(folder, { recursive: true })
  const device = openSync('/dev/fuse', 'r+')
  const options = 'fd=3,rootmode=40000,user_id=0,group_id=0'
  execFileSync('mount', ['--internal-only', '-t', 'fuse', '-o', options, 'holdfast-test', folder], {
    stdio: ['ignore', 'inherit', 'inherit', device],
  })
  if (kind === 'stuck') {
    agree(device)
    read(device, Buffer.alloc(2 ** 17), () => undefined)
  }
  return {
    end() {
      spawnSync('umount', ['--internal-only', '--no-canonicalize', '--force', '--lazy', folder], { timeout: 5000 })
      closeSync(device)
    },
  }
}

/** The first exchange, linux/fuse.h: a version that both speak, and sizes. */
function agree(device: number): void {
  const question = Buffer.alloc(2 ** 17)
  readSync(device, question)
  const answer = Buffer.alloc(16 + 64)
  answer.writeUInt32LE(answer.length, 0)
  question.copy(answer, 8, 8, 16)
  answer.writeUInt32LE(7, 16)
  answer.writeUInt32LE(31, 20)
  answer.writeUInt32LE(2 ** 17, 24)
  answer.writeUInt32LE(4096, 36)
  writeSync(device, answer)
}
