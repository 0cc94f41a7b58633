import { isAbsolute, sep } from 'node:path'
import { isNode, type Document, type LineCounter } from 'yaml'
import { locateRepository, ownFolders } from '../domain/repository.ts'
import { localPaths, type Component, type Site, type Source } from '../domain/site.ts'
import type { Machine } from '../machine/port.ts'
import type { Problem } from './problem.ts'

/** What was read, and what it means: the same component in both. */
interface Subject {
  readonly site: Site
  readonly document: Document
  /** Follows links. */
  readonly real: (path: string) => string
}

/** A fault, and the key in the text that it belongs to. */
interface Fault extends Pick<Problem, 'message' | 'hint'> {
  readonly path: readonly (string | number)[]
}

type Rule = (component: Component, subject: Subject, index: number) => readonly Fault[]

/**
 * What is right by itself and wrong together: two components in one repository, a repository inside a source, a source inside a
 * repository, a drill for what no source holds.
 */
export async function overlapProblems(
  site: Site,
  document: Document,
  lineCounter: LineCounter,
  machine: Pick<Machine, 'realPath'>,
): Promise<Problem[]> {
  const subject = { site, document, real: await realPaths(site, machine) }
  return site.components
    .flatMap((component, index) => rules.flatMap((rule) => rule(component, subject, index)))
    .map(({ path, message, hint }) => {
      const node = document.getIn(path, true)
      const [begin, end] = (isNode(node) ? node.range : undefined) ?? [0, 1]
      const { line, col } = lineCounter.linePos(begin)
      return { line: Math.max(1, line), column: Math.max(1, col), length: end - begin, message, hint }
    })
}

const folderOf = ({ location }: Pick<Component, 'location'>): string =>
  location.kind === 'directory' ? location.path : location.prefix

const sharedRepository: Rule = (component, { site }, index) => {
  const folder = folderOf(component)
  const rival = site.components
    .slice(0, index)
    .find((other) => isInside(folder, folderOf(other)) || isInside(folderOf(other), folder))
  if (rival === undefined) return []
  const message = `components ${rival.name} and ${component.name} would share the repository ${folder}`
  return [{ path: ['components', component.name], message, hint: 'give one of them a repository: of its own' }]
}

const ownFolder: Rule = (component, { site }) => {
  const folder = folderOf(component)
  const taken = Object.values(ownFolders).find(
    (name) =>
      component.name === name || isInside(folder, folderOf({ location: locateRepository(site.storage, site.name, name) })),
  )
  if (taken === undefined) return []
  const message = `${taken} is Holdfast’s own folder in every site`
  return [{ path: ['components', component.name], message, hint: 'give the component another name and no such repository:' }]
}

const unknownDrillPath: Rule = ({ name, source, drill }, { document }) => {
  const paths = localPaths(source)
  return (drill?.mustExist ?? []).flatMap((path, position): Fault[] => {
    const key = ['components', name, 'drill', 'mustExist', position]
    const written = String(document.getIn(key))
    const isAmbiguous = paths.length > 1 && !isAbsolute(written)
    if (!isAmbiguous && paths.some((root) => isInside(path, root))) return []
    const message = isAmbiguous
      ? `${written} is relative, and ${name} has ${paths.length} paths`
      : `${path} is in none of the paths of ${name}`
    return [{ path: key, message, hint: `name a path below ${paths.join(' or ')}` }]
  })
}

const storageInSource: Rule = ({ name, source }, { site, real }) => {
  const { storage } = site
  if (storage.kind !== 'directory') return []
  return localPaths(source).flatMap((path, position): Fault[] => {
    const key = source.kind === 'files' ? ['files', 'paths', position] : ['postgres', 'dataDirectory']
    const at = ['components', name, ...key]
    if (isInside(real(path), real(storage.path))) {
      const hint = 'a repository cannot protect itself: choose another path or storage'
      return [{ path: at, message: `${path} lies inside the storage ${storage.path}`, hint }]
    }
    if (!isInside(real(storage.path), real(path)) || isExcluded(source, storage.path)) return []
    const hint = `every backup would swallow the ones before: move the storage, or add ${storage.path} to exclude`
    return [{ path: at, message: `${path} holds the storage ${storage.path}`, hint }]
  })
}

const rules: readonly Rule[] = [sharedRepository, ownFolder, unknownDrillPath, storageInSource]

function isExcluded(source: Source, path: string): boolean {
  return source.kind === 'files' && source.exclude.includes(path)
}

function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep)
}

/**
 * Storage and sources with symlinks followed as far as they exist, so that a link can't hide an overlap. What does not answer is taken
 * as it is written: whoever looks at it later says so.
 */
async function realPaths({ storage, components }: Site, machine: Pick<Machine, 'realPath'>): Promise<(path: string) => string> {
  if (storage.kind !== 'directory') return (path) => path
  const paths = [storage.path, ...components.flatMap(({ source }) => localPaths(source))]
  const found = await Promise.all(paths.map(async (path) => [path, await machine.realPath(path).catch(() => path)] as const))
  const known = new Map(found)
  return (path) => known.get(path) ?? path
}
