import { execFileSync } from 'node:child_process'
import {
  linkSync,
  mkdirSync,
  openSync,
  closeSync,
  ftruncateSync,
  symlinkSync,
  writeFileSync,
  chmodSync,
  lchownSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'

/** Everything that a file system can hold and that backup tools have lost before. */
export function makeOddTree(folder: string): void {
  mkdirSync(join(folder, 'deep/er'), { recursive: true })
  mkdirSync(join(folder, 'empty folder'))
  writeFileSync(join(folder, 'plain.txt'), 'plain\n')
  writeFileSync(join(folder, 'with space.txt'), 'space\n')
  writeFileSync(join(folder, 'line\nbreak.txt'), 'newline\n')
  writeFileSync(join(folder, `quotes ' " \` $HOME \\.txt`), 'quotes\n')
  writeFileSync(join(folder, '-rf'), 'leading dash\n')
  writeFileSync(join(folder, '--help'), 'two dashes\n')
  writeFileSync(join(folder, '*[a]?.txt'), 'glob characters\n')
  writeFileSync(join(folder, 'aaa.txt'), 'what a glob must not match\n')
  writeFileSync(join(folder, 'Ängström 東京.txt'), 'unicode\n')
  writeFileSync(Buffer.concat([Buffer.from(`${folder}/latin1-`), Buffer.from([0xe9, 0xff])]), 'not UTF-8\n')
  writeFileSync(join(folder, 'deep/er/secret'), 'mode 0400\n')
  chmodSync(join(folder, 'deep/er/secret'), 0o400)
  writeFileSync(join(folder, 'set-user-id'), '#!/bin/sh\n')
  lchownSync(join(folder, 'set-user-id'), 12345, 54321)
  chmodSync(join(folder, 'set-user-id'), 0o6755)
  chmodSync(join(folder, 'deep'), 0o1777)
  symlinkSync('plain.txt', join(folder, 'link'))
  symlinkSync('/nowhere/at all', join(folder, 'dangling'))
  lchownSync(join(folder, 'link'), 12345, 54321)
  linkSync(join(folder, 'plain.txt'), join(folder, 'deep/hard link'))
  const sparse = openSync(join(folder, 'sparse'), 'w')
  ftruncateSync(sparse, 64 * 2 ** 20)
  writeSync(sparse, 'in the middle', 32 * 2 ** 20)
  closeSync(sparse)
  execFileSync('mkfifo', [join(folder, 'pipe')])
  execFileSync('setfattr', ['-n', 'user.colour', '-v', 'blue', join(folder, 'plain.txt')])
  execFileSync('setfattr', ['-n', 'user.folder', '-v', 'yes', join(folder, 'deep')])
  execFileSync('touch', ['-h', '-d', '2001-02-03 04:05:06.789', join(folder, 'link'), join(folder, 'with space.txt')])
}

/**
 * A folder as lines that can be compared: name, type, mode, owner, times, size, links, content, extended attributes. Names
 * are bytes, shown as Latin-1.
 */
export function describeTree(folder: string): string[] {
  const find = (...words: string[]) =>
    execFileSync('find', ['.', ...words], { cwd: folder, maxBuffer: 2 ** 28 })
      .toString('latin1')
      .split('\0')
      .filter((line) => line !== '')
  const attributes = execFileSync('getfattr', ['-R', '-d', '-m', 'user', '-h', '--absolute-names', '.'], { cwd: folder })
  return [
    ...find('-mindepth', '1', '-type', 'f', '-printf', String.raw`%P file %m %U:%G %s bytes %n links %T@\0`),
    ...find('-mindepth', '1', '!', '-type', 'f', '-printf', String.raw`%P %y %m %U:%G -> %l %T@\0`),
    ...find('-type', 'f', '-exec', 'sha256sum', '--zero', '{}', '+'),
    ...attributes.toString('latin1').split('\n\n'),
  ].toSorted()
}
