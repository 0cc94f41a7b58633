import { isAbsolute, join, normalize, sep } from 'node:path'
import { HoldfastError } from '../../domain/errors.ts'
import type { FilesSource } from '../../domain/site.ts'

/** `worlds/x` means that path below one of the component's own; an absolute path means itself. */
export function absoluteOnSource(path: string, source: FilesSource): string {
  const clean = normalize(path).replace(/(?<=.)\/+$/, '')
  if (isAbsolute(clean)) return clean
  if (clean === '..' || clean.startsWith(`..${sep}`)) {
    throw new HoldfastError('usage', `the path ${path} leaves the component`, {
      hint: 'give a path below one of the component’s own',
    })
  }
  const [only, ...others] = source.paths
  if (only !== undefined && others.length === 0) return join(only, clean)
  throw new HoldfastError('usage', `the path ${path} is relative, and the component has ${source.paths.length} paths`, {
    hint: `give the absolute path, below ${source.paths.join(' or ')}`,
  })
}
