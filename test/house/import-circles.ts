import { dirname, join } from 'node:path'

/**
 * The circles among files, each with its members in order. Types count, and so does what is loaded when it is called, which the
 * linter's rule doesn't see.
 *
 * @param texts by path
 */
export function importCircles(texts: ReadonlyMap<string, string>): string[][] {
  const reachable = new Map([...texts.keys()].map((file) => [file, reachedFrom(file, texts)]))
  const circles = new Map<string, string[]>()
  for (const [file, reached] of reachable) {
    if (!reached.has(file)) continue
    const members = [...reached].filter((other) => reachable.get(other)?.has(file)).toSorted()
    circles.set(members.join(' '), members)
  }
  return [...circles.values()]
}

function reachedFrom(start: string, texts: ReadonlyMap<string, string>): Set<string> {
  const reached = new Set<string>()
  const next = [start]
  for (let file = next.pop(); file !== undefined; file = next.pop()) {
    for (const imported of importsOf(file, texts.get(file) ?? '')) {
      if (reached.has(imported) || !texts.has(imported)) continue
      reached.add(imported)
      next.push(imported)
    }
  }
  return reached
}

const importsOf = (file: string, text: string): string[] =>
  [...text.matchAll(/\b(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(([, specifier = '']) => join(dirname(file), specifier))
