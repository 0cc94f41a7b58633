import { duration } from '../domain/duration.ts'
import { HoldfastError } from '../domain/errors.ts'
import { askChild } from './child.ts'
import type { TreeSize } from './port.ts'

/** A folder of a million entries on a slow disk takes its time before the first of them. */
const longestSilence = duration(10, 'm')

/** Names don't come up: they are bytes, and need not be text. */
const format = String.raw`%d %y %s %n %D:%i\n`

/** Measures by find(1): millions of files need no memory here, and what hangs, hangs in the child. */
export async function measureTrees(paths: readonly string[]): Promise<TreeSize> {
  if (paths.length === 0) return { entries: 0, files: 0, sizeBytes: 0 }
  const size = { entries: 0, files: 0, sizeBytes: 0 }
  const linked = new Set<string>()
  let rest = ''
  const { errors } = await askChild(
    'find',
    ['-P', ...paths, '-ignore_readdir_race', '-printf', format],
    longestSilence,
    (text) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        const [depth, kind, bytes, names, inode = ''] = line.split(' ')
        if (depth !== '0' || kind !== 'd') size.entries += 1
        if (kind !== 'd') size.files += 1
        if (kind !== 'f' || linked.has(inode)) continue
        if (names !== '1') linked.add(inode)
        size.sizeBytes += Number(bytes)
      }
    },
  )
  const failure = errors.split('\n').find((line) => line !== '' && !line.endsWith(': No such file or directory'))
  if (failure === undefined) return size
  throw new HoldfastError('unexpected', `cannot measure ${paths.join(', ')}: ${failure.replace(/^find: /, '')}`)
}
